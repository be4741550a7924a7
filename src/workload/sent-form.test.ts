import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSecretName } from './secret-name.ts'
import { actionsOf, fieldsOf } from './sent-form.ts'

const ID = '40'.padEnd(42, 'a')
const BOUND_ID = '60'.padEnd(42, 'b')

function formOf(fields: Readonly<Record<string, string | File>>): FormData {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  return form
}

test('the action of a form is known by the fields that React writes into it', () => {
  assert.deepEqual(actionsOf(formOf({ [`$ACTION_ID_${ID}`]: '', text: 'a' })), [ID])
  const bound = {
    $ACTION_REF_1: '',
    '$ACTION_1:0': `{"id":"${BOUND_ID}","bound":"$@1"}`,
    '$ACTION_1:1': '[]',
  }
  assert.deepEqual(actionsOf(formOf({ ...bound, $ACTION_KEY: 'k123', text: 'a' })), [BOUND_ID])
  const twice = formOf(bound)
  twice.append('$ACTION_REF_1', '')
  assert.deepEqual(actionsOf(twice), [BOUND_ID])
})

test('a form that runs no action asks for none, whatever is in it', () => {
  const file = new File(['{}'], 'a.json')
  const forms: Readonly<Record<string, string | File>>[] = [
    { text: 'a' },
    { $ACTION_ID_short: '' },
    { $ACTION_REF_1: '' },
    { $ACTION_REF_1: '', '$ACTION_1:0': 'not JSON' },
    { $ACTION_REF_1: '', '$ACTION_1:0': '{"bound":null}' },
    { $ACTION_REF_1: '', '$ACTION_1:0': file },
  ]
  for (const fields of forms) {
    assert.deepEqual(actionsOf(formOf(fields)), [])
  }
})

test('what the visitor had entered is told, what React had is not, and secrets are only named', () => {
  const fields = fieldsOf(
    formOf({
      [`$ACTION_ID_${ID}`]: '',
      name: 'Ada',
      empty: '  ',
      notes: 'one\ntwo',
      newPassword: 'hunter2',
      report: new File(['…'], 'report.pdf'),
      none: new File([], ''),
    }),
  )
  assert.deepEqual(fields, [
    { kind: 'text', name: 'name', value: 'Ada' },
    { kind: 'text', name: 'notes', value: 'one\ntwo' },
    { kind: 'secret', name: 'newPassword' },
    { kind: 'file', name: 'report', value: 'report.pdf' },
  ])
})

test('names of secrets are told from others that hold the same letters', () => {
  const secret = [
    'password',
    'userPassword',
    'PASSWORD_CONFIRMATION',
    'api-token',
    'csrfToken',
    'card_number',
    'creditCard',
    'cvc',
    'pin',
    'smsPin',
    'otp1',
    'client_secret',
  ]
  const open = [
    'name',
    'shipping',
    'opinion',
    'passenger',
    'compass',
    'author',
    'cardinal',
    'text',
    'items[0].qty',
  ]
  assert.deepEqual(
    secret.filter((name) => !isSecretName(name)),
    [],
  )
  assert.deepEqual(open.filter(isSecretName), [])
})
