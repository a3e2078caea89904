import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { callerRecord } from '../call-records/sample.ts'
import { readConfig } from '../config.ts'
import { openDatabase } from '../database/index.ts'
import { makeAgency } from '../testing/database.ts'
import { clockOf, examine } from './doctor.ts'
import { recordFiles } from './record-checks.ts'

const folder = mkdtempSync(join(tmpdir(), 'vera-doctor-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const now = Date.UTC(2026, 10, 23, 15)
const config = {
  ...readConfig({}),
  home: join(folder, 'var'),
  databaseUrl: `sqlite:${join(folder, 'vera.sqlite')}`,
  recordingsDir: join(folder, 'recordings'),
  cdrDir: join(folder, 'cdr'),
}

describe('the doctor', () => {
  it('reconciles yesterday and today of each agency', async () => {
    const db = openDatabase(config.databaseUrl)
    await db.migrate()
    const { agencyId } = await makeAgency(db, 'uno')
    const record = { core_uuid: 'core', switch_node: 'fs1', role: 'caller', direction: 'inbound', q850: 16 }
    const about = { from_address: '1', to_address: '2', hangup_cause: 'NORMAL_CLEARING', hangup_side: 'caller' }
    for (const [id, at, known] of [
      ['a', now - 3_600_000, true],
      ['b', now - 7_200_000, false],
      ['c', now - 86_400_000, true],
    ] as const) {
      const times = { started_at: at, ended_at: at + 1_000, imported_at: at, state: 'joined' }
      const row = { ...record, ...about, ...times, uuid: id, interaction_id: id, agency_id: agencyId }
      await db.knex('call_records').insert(row)
      const created = { id, agency_id: agencyId, channel: 'voice', direction: 'inbound', created_at: at, ended_at: at }
      if (known) await db.knex('interactions').insert(created)
    }
    await db.close()
    const lines = (await examine(config, now)).filter(({ text }) => text.startsWith('Conciliación'))
    assert.deepEqual(
      lines.map(({ state, text }) => [state, text]),
      [
        ['good', 'Conciliación de ayer (Organismo uno): 1 en el conmutador, 1 en Vera, 1 en ambos; grabaciones 0 de 0'],
        [
          'warning',
          'Conciliación de hoy (Organismo uno): 2 en el conmutador, 1 en Vera, 1 en ambos; 1 solo de un lado; grabaciones 0 de 0',
        ],
      ],
    )
  })

  it('tells files that wait for too long from those that have just come', async () => {
    mkdirSync(config.cdrDir, { recursive: true })
    const path = join(config.cdrDir, 'a.cdr.json')
    writeFileSync(path, JSON.stringify(callerRecord({ uuid: 'a', start: now - 1_000, end: now })))
    utimesSync(path, now / 1000, now / 1000)
    assert.deepEqual(
      (await recordFiles(config, now + 10_000)).map(({ state }) => state),
      ['good'],
    )
    const [old] = await recordFiles(config, now + 3_600_000)
    assert.equal(old?.state, 'warning')
    assert.match(old?.text ?? '', /el más viejo hace 60 min/)
  })

  it('measures how far the clocks are apart', () => {
    assert.equal(clockOf(now, now + 900).state, 'good')
    assert.match(clockOf(now + 8_000, now).text, /adelanta 9 s/)
    assert.match(clockOf(now - 60_000, now).text, /atrasa 60 s/)
  })
})
