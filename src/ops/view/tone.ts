/** How much attention something asks for. Always shown with a word and an icon, never by colour alone. */
export type Tone = 'good' | 'quiet' | 'busy' | 'warn' | 'bad'
