import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inTab } from './tab-storage.ts'

/** As in a tab of a browser that answers a look at its storage in this way. */
function lookingAt(get: () => unknown, run: () => void): void {
  const own = Object.getOwnPropertyDescriptor(globalThis, 'sessionStorage')
  Object.defineProperty(globalThis, 'sessionStorage', { get, configurable: true })
  try {
    run()
  } finally {
    Reflect.deleteProperty(globalThis, 'sessionStorage')
    if (own) Object.defineProperty(globalThis, 'sessionStorage', own)
  }
}

function blocked(): never {
  throw new DOMException('Access is denied for this document.', 'SecurityError')
}

const full = () => ({
  setItem() {
    throw new DOMException('The quota has been exceeded.', 'QuotaExceededError')
  },
})

test('a tab that keeps nothing answers null', () => {
  for (const get of [blocked, () => null, full]) {
    lookingAt(get, () =>
      assert.equal(
        inTab((storage) => storage.setItem('a', 'b') ?? 'kept'),
        null,
      ),
    )
  }
})

test('a mistake of the code that uses the storage is not hidden', () => {
  const mistake = new TypeError('x is not a function')
  lookingAt(full, () =>
    assert.throws(
      () =>
        inTab(() => {
          throw mistake
        }),
      mistake,
    ),
  )
})
