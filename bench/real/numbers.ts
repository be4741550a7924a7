export const inMs = (ms: number): string => `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`

export const inSeconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`
