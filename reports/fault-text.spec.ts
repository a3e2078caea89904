import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { reasonOf } from './bounces/reason.ts'
import { englishFault, faultText } from './fault-text.ts'

it('why a sending failed is said in English, with its numbers and what the mail server said', () => {
  const said = faultText({
    ...{ code: 'report.too_many_rows', values: { rows: 1_100_000, most: 1_047_575 } },
    fields: { to: 'reports.invalid.period' },
  })
  assert.match(said, /^Son 1100000 filas/)
  const english = englishFault(said)
  assert.match(english, /1100000 .*1047575/)
  assert.match(english, /choose a nearer end\.$/)
  assert.equal(
    englishFault(
      'el servidor de correo no aceptó: a@example.org; no son administradores de la plataforma: b@example.org',
    ),
    'the mail server did not take: a@example.org; no administrators of the platform: b@example.org',
  )
  assert.equal(
    englishFault('el servidor de correo no contestó si lo tomó (Timeout): no se sabe si salió'),
    'the mail server did not say whether it took it (Timeout): it is not known whether it left',
  )
  assert.equal(englishFault('550 5.1.1 nobody here'), '550 5.1.1 nobody here')
})

it('every reason that a sending fails for is known in English', () => {
  const here = [
    'schedule-send.ts',
    'schedule.ts',
    'deliver.ts',
    'bundle/bundle.ts',
    'bundle/thread.ts',
    'schedule-runs.ts',
  ]
  const sources = [...here, 'own-workbook/scheduled.ts'].map((name) =>
    readFileSync(join(import.meta.dirname, name), 'utf8'),
  )
  const found = sources.flatMap((source) =>
    [...source.matchAll(/(?:Error|Fault)\(\s*(['`])(.+?)\1|error: '(.+?)'|, '((?:el|la) .+?)'/g)].map(
      ([, , thrown, error, argument]) => (thrown ?? error ?? argument)!.replace(/\$\{.+?\}/g, '7'),
    ),
  )
  const spanish = found.filter((text) => / (de|el|la|no|ya|se) /.test(text))
  assert.ok(spanish.length >= 12, String(spanish.length))
  const left = spanish.filter((text) => englishFault(text) === text)
  assert.deepEqual(left, [])
})

it('bounces are told in the language of whoever reads them', () => {
  assert.equal(reasonOf('5.1.1'), 'casilla inexistente')
  assert.equal(reasonOf('5.1.1', 'en-US'), 'no such mailbox')
  assert.equal(reasonOf('5.9.9', 'en-US'), 'their server refused it')
})
