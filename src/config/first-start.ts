/** Says that compose has started the slots before there was a director: it is to take them over. Below the project's directory. */
export const FIRST_START_FILE = 'state/first-start'
