const WORDS = new Set(
  'auth card csrf cvc cvv iban otp passcode passphrase passwd password pin pwd secret ssn token totp xsrf'.split(
    ' ',
  ),
)

/** Whether a field of this name may hold what nobody should read on a screen or find in a tab's storage. */
export function isSecretName(name: string): boolean {
  return wordsOf(name).some((word) => WORDS.has(word)) || /pass(?:word|code|phrase)|secret|token/i.test(name)
}

/** `cardNumber`, `card_number` and `card-number` alike. */
function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)
}
