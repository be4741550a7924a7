/** The deployment id that this very code was compiled with; next.config.mjs puts it in place of the variable. */
export const builtAs = process.env.BUILT_AS ?? 'development'
