import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { createDiskWatch, diskStateOf } from './disk.ts'
import { findFile, relativePath, removeFile } from './files.ts'
import { marksOf, maskedMs, type PastFact } from './marks.ts'
import { NotAudio, PeakMeter, shrink } from './peaks.ts'
import { readRange } from './range.ts'
import { lastNight } from './recordings.ts'
import { backoffMs } from './remote.ts'
import { expiresAt, inSample, isShorter, type RecordingRule, ruleFor } from './rules.ts'
import { saidState } from './state.ts'
import type { RecordingRow } from './store.ts'
import { wavOf } from './testing.ts'

test('peaks are the same however the file is cut into pieces', () => {
  const samples = fc.array(fc.integer({ min: -32_768, max: 32_767 }), { minLength: 1, maxLength: 2_000 })
  fc.assert(
    fc.property(
      samples,
      fc.constantFrom(1, 2),
      fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1 }),
      (list, channels, cuts) => {
        const wav = wavOf(list, channels as 1 | 2)
        const whole = new PeakMeter()
        whole.push(wav)
        const pieces = new PeakMeter()
        for (let at = 0, turn = 0; at < wav.length; turn++) {
          const next = at + (cuts[turn % cuts.length] as number)
          pieces.push(wav.subarray(at, next))
          at = next
        }
        assert.deepEqual(pieces.finish(50), whole.finish(50))
        const loudest = Math.max(0, ...whole.finish(50).peaks.flat())
        const frames = Math.floor(list.length / channels) * channels
        const wanted = Math.max(0, ...list.slice(0, frames).map(Math.abs))
        assert.equal(loudest, Math.min(127, Math.ceil(wanted / 258)))
      },
    ),
  )
})

test('a header that lies, one that is none, and no sound at all', () => {
  const wav = wavOf([1_000, -20_000, 300, 4], 2)
  wav.writeUInt32LE(0, 40) // as a killed switch leaves it
  const meter = new PeakMeter()
  meter.push(wav)
  assert.deepEqual(meter.finish(10).peaks, [[4], [78]])
  for (const bytes of [Buffer.from('<html>not audio at all'), Buffer.alloc(100), Buffer.alloc(70_000, 'RIFF')]) {
    assert.throws(() => new PeakMeter().push(bytes), NotAudio)
  }
  assert.throws(() => new PeakMeter().finish(10), NotAudio)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const hostile = new PeakMeter()
      try {
        hostile.push(Buffer.concat([wavOf([], 1).subarray(0, 12), Buffer.from(bytes)]))
        hostile.finish(10)
      } catch (error) {
        assert.ok(error instanceof NotAudio, String(error))
      }
    }),
  )
  assert.deepEqual(shrink([1, 5, 2, 9], 2), [5, 9])
})

test('ranges never leave the file', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 30 }), fc.nat(), fc.nat(), fc.nat(1_000), (noise, first, last, size) => {
      for (const text of [noise, `bytes=${first}-${last}`, `bytes=-${last}`, `bytes=${first}-`, `bytes=${noise}`]) {
        const part = readRange(text, size)
        if (part === undefined || part === 'unsatisfiable') continue
        assert.ok(part.first >= 0 && part.first <= part.last && part.last < size, text)
      }
    }),
  )
})

const rule = (more: Partial<RecordingRule>): RecordingRule => ({
  agencyId: 1,
  record: true,
  samplePercent: 100,
  ...more,
})
test('the nearest rule decides; another agency never does', () => {
  const rules = [
    rule({ retentionDays: 30 }),
    rule({ queueId: 3, record: false, retentionDays: 10 }),
    rule({ campaignId: 4, retentionDays: 5 }),
    rule({ agencyId: 2, queueId: 3, retentionDays: 1 }),
  ]
  const days = (about: { agencyId: number; queueId?: number; campaignId?: number }) =>
    ruleFor(rules, about)?.retentionDays
  assert.deepEqual(
    [
      days({ agencyId: 1 }),
      days({ agencyId: 1, queueId: 3 }),
      days({ agencyId: 1, queueId: 3, campaignId: 4 }),
      days({ agencyId: 1, queueId: 9 }),
      days({ agencyId: 2, queueId: 3 }),
      days({ agencyId: 2 }),
    ],
    [30, 10, 5, 30, 1, undefined],
  )
})
test('nothing goes before its days are over, a longer retention takes nothing away', () => {
  const day = fc.option(fc.integer({ min: 1, max: 40_000 }), { nil: undefined })
  fc.assert(
    fc.property(fc.nat(), day, day, (startedAt, before, after) => {
      const at = (days: number | undefined) =>
        expiresAt(days === undefined ? {} : { retentionDays: days }, startedAt) ?? Number.POSITIVE_INFINITY
      assert.ok(at(before) >= startedAt + 86_400_000)
      assert.equal(isShorter(before, after), at(after) < at(before))
    }),
  )
  const share = Array.from({ length: 4_000 }, (_, i) => inSample(25, `talk-${i}`)).filter(Boolean).length / 4_000
  assert.ok(share > 0.22 && share < 0.28, String(share))
  assert.equal(inSample(25, 'same'), inSample(25, 'same'))
})

const fact = (kind: string, at: number, body: object = {}): PastFact => ({
  kind,
  at,
  body: body as Record<string, unknown>,
})
test('marks: what lasted, from when to when; a mask without an end closes with the recording', () => {
  const about = { recordingId: 'r', talkId: 'r' }
  const marks = marksOf({ id: 'r', startedAt: 10_000, durationMs: 60_000 }, [
    fact('stay.began', 2_000, { stayId: 's', queueId: 3 }),
    fact('stay.left', 9_900, { stayId: 's' }),
    fact('talk.began', 10_000, { ...about, agentId: 7 }),
    fact('talk.hold', 30_000, { ...about, holdMs: 5_000 }),
    fact('talk.hold', 31_000, { talkId: 'another', holdMs: 500 }),
    fact('recording.masked', 40_000, { recordingId: 'r', masked: true }),
    fact('recording.masked', 41_000, { recordingId: 'r', masked: true }),
    fact('recording.masked', 45_000, { recordingId: 'r', masked: false }),
    fact('recording.masked', 46_000, { recordingId: 'another', masked: true }),
    fact('recording.masked', 65_000, { recordingId: 'r', masked: true }),
    fact('talk.transferred', 66_000, { ...about, how: 'blind', target: '<b>3', agentId: 7 }),
  ])
  assert.deepEqual(
    marks.map(({ kind, fromMs, toMs }) => [kind, fromMs, toMs]),
    [
      ['queue', -8_000, -100],
      ['answer', 0, undefined],
      ['hold', 15_000, 20_000],
      ['mask', 30_000, 35_000],
      ['mask', 55_000, 60_000],
      ['transfer', 56_000, undefined],
    ],
  )
  assert.equal(maskedMs(marks), 10_000)
})
test('marks: a recording that stood still during a hold has what came after it where it is heard', () => {
  const facts = [
    fact('talk.began', 10_000, { talkId: 'r', agentId: 7 }),
    fact('recording.masked', 12_000, { recordingId: 'r', masked: true }),
    fact('recording.masked', 14_000, { recordingId: 'r', masked: false }),
    fact('talk.hold', 30_000, { talkId: 'r', holdMs: 5_000 }),
    fact('recording.masked', 40_000, { recordingId: 'r', masked: true }),
    fact('recording.masked', 45_000, { recordingId: 'r', masked: false }),
    fact('talk.ended', 70_000, { talkId: 'r' }),
  ]
  const at = (durationMs: number) =>
    marksOf({ id: 'r', startedAt: 10_000, durationMs }, facts)
      .filter(({ kind }) => kind === 'mask' || kind === 'hold')
      .map(({ fromMs, toMs, lastedMs }) => [fromMs, toMs, lastedMs])
  assert.deepEqual(at(55_000), [
    [2_000, 4_000, undefined],
    [15_000, 15_000, 5_000],
    [25_000, 30_000, undefined],
  ])
  // A switch that writes the hold too.
  assert.deepEqual(at(60_000), [
    [2_000, 4_000, undefined],
    [15_000, 20_000, undefined],
    [30_000, 35_000, undefined],
  ])
})
test('what is neither a word nor a number in a fact is no text and no time', () => {
  const odd = { toString: false }
  const facts = ['stay.began', 'talk.hold', 'talk.joined', 'talk.transferred'].map((kind) => ({
    ...{ kind, at: 60_000 },
    body: { stayId: odd, holdMs: odd, with: odd, how: odd, target: odd },
  }))
  const marks = marksOf({ id: 'r', startedAt: 50_000, durationMs: 60_000 }, facts)
  assert.deepEqual(
    marks.map(({ kind, text }) => [kind, text]),
    ['queue', 'conference', 'transfer'].map((kind) => [kind, undefined]),
  )
})

test('marks never lie outside, whatever the facts say', () => {
  const any = fc.record({
    kind: fc.constantFrom('talk.hold', 'recording.masked', 'stay.began', 'stay.left', 'offer.made', 'talk.joined'),
    at: fc.integer({ min: 0, max: 200_000 }),
    body: fc.record(
      {
        holdMs: fc.anything(),
        recordingId: fc.constant('r'),
        masked: fc.boolean(),
        stayId: fc.constant('s'),
        with: fc.anything(),
      },
      { requiredKeys: ['recordingId'] },
    ),
  })
  fc.assert(
    fc.property(fc.array(any, { maxLength: 20 }), (facts) => {
      for (const mark of marksOf({ id: 'r', startedAt: 50_000, durationMs: 60_000 }, facts as PastFact[])) {
        assert.ok(mark.toMs === undefined || mark.toMs >= mark.fromMs)
        if (mark.kind === 'mask' || mark.kind === 'hold') assert.ok(mark.fromMs >= 0 && (mark.toMs ?? 0) <= 60_000)
      }
    }),
  )
})

test('paths: nothing outside the folder is read or removed', async () => {
  const root = await mkdtemp(join(tmpdir(), 'vera-paths-'))
  try {
    const folder = join(root, 'in')
    await mkdir(join(folder, 'sub'), { recursive: true })
    await writeFile(join(root, 'secret.wav'), 's')
    await writeFile(join(folder, 'sub/a.wav'), 'a')
    await symlink(root, join(folder, 'up'))
    await symlink(join(root, 'secret.wav'), join(folder, 'link.wav'))
    const hostile = ['../secret.wav', join(root, 'secret.wav'), 'up/secret.wav', 'sub/../../secret.wav', '/etc/passwd']
    for (const path of hostile) {
      assert.equal(await findFile(folder, path), 'outside', path)
      await assert.rejects(removeFile(folder, path), path)
    }
    assert.equal(await findFile(folder, 'link.wav'), 'outside')
    await assert.rejects(removeFile(folder, 'link.wav'))
    for (const path of ['', '.', 'sub', 'no.wav', 'a\0b', 'x'.repeat(5_000)])
      assert.equal(typeof (await findFile(folder, path)), 'string')
    assert.equal(await findFile(join(root, 'none'), 'a.wav'), 'folder')
    assert.equal(typeof (await findFile(folder, join(folder, 'sub/a.wav'))), 'object')
    assert.equal(await removeFile(folder, 'sub/a.wav'), true)
    assert.equal(await removeFile(folder, 'sub/a.wav'), false)
    assert.equal(await removeFile(folder, 'gone/b.wav'), false)
    await writeFile(join(folder, 'kept.wav'), '')
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (text) => {
        const inside = relativePath('/data/rec', text)
        if (inside !== undefined) assert.ok(join('/data/rec', inside).startsWith('/data/rec/'), text)
      }),
    )
  } finally {
    await rm(root, { recursive: true, force: true })
  }
})

test('the disk: low, full, away; each told once, and again after it was well', async () => {
  const gigabyte = 1024 ** 3
  assert.equal(diskStateOf(60 * gigabyte, 1_000 * gigabyte), 'ok')
  assert.equal(diskStateOf(10 * gigabyte, 1_000 * gigabyte), 'ok')
  assert.equal(diskStateOf(9.9 * gigabyte, 1_000 * gigabyte), 'full')
  assert.equal(diskStateOf(4 * gigabyte, 45 * gigabyte), 'low')
  assert.equal(diskStateOf(0.4 * gigabyte, 45 * gigabyte), 'full')
  let free = 50
  let broken = false
  const told: string[] = []
  const watch = createDiskWatch({
    folder: '/x',
    now: () => 7,
    statfs: async () => {
      if (broken) throw new Error('ESTALE')
      return { bsize: 1, blocks: 100, bavail: free }
    },
    alarm: (code) => told.push(code.split('.')[1] as string),
  })
  const seen: string[] = []
  for (const next of [50, 9, 8, 0.5, 0.4, 5, 50, 9, -1, 50]) {
    broken = next < 0
    free = next
    seen.push((await watch.look()).state)
  }
  assert.deepEqual(seen, ['ok', 'low', 'low', 'full', 'full', 'low', 'ok', 'low', 'away', 'ok'])
  assert.deepEqual(told, ['disk_low', 'disk_full', 'disk_low', 'folder_away'])
})

test('the night of the agency, over a change of clocks', () => {
  const at = (text: string) => Date.parse(text)
  assert.equal(lastNight(3, 'America/Argentina/Buenos_Aires', at('2026-11-23T05:59:00Z')), '2026-11-22')
  assert.equal(lastNight(3, 'America/Argentina/Buenos_Aires', at('2026-11-23T06:00:00Z')), '2026-11-23')
  assert.equal(lastNight(2, 'Europe/Madrid', at('2026-03-29T12:00:00Z')), '2026-03-29')
  assert.equal(lastNight(3, 'No/Zone', at('2026-11-23T06:00:00Z')), undefined)
  assert.deepEqual([1, 2, 7, 50].map(backoffMs), [60_000, 120_000, 3_600_000, 3_600_000])
})

test('each state is said with its reason', () => {
  const row = (more: Partial<RecordingRow>): RecordingRow => ({
    id: 'r',
    agencyId: 1,
    interactionId: 'i',
    kind: 'call',
    state: 'present',
    path: 'a.wav',
    startedAt: 0,
    held: false,
    masked: false,
    ...more,
  })
  const code = (more: Partial<RecordingRow>, now = 60_000) => saidState(row(more), now).code
  assert.equal(code({ state: 'expected' }), 'recording')
  assert.equal(code({ state: 'expected', interactionEndedAt: 1 }, 600_000), 'unclosed')
  assert.equal(code({ state: 'missing' }), 'no_audio')
  assert.equal(code({ state: 'missing', fetchState: 'waiting', fetchFault: 'unreachable' }), 'fetch_unreachable')
  assert.equal(code({ state: 'missing', fetchState: 'failed', fetchFault: 'not_there' }), 'lost_not_there')
  assert.equal(code({ verifiedState: 'changed' }), 'verified_changed')
  assert.equal(code({ durationMs: 6_400, talkEndedAt: 60_000 }), 'cut')
  assert.equal(code({ durationMs: 59_500, talkEndedAt: 60_000, verifiedState: 'ok' }), 'verified')
  assert.equal(code({ durationMs: 49_500, talkEndedAt: 60_000, heldMs: 10_000, verifiedState: 'ok' }), 'verified')
  assert.equal(code({ durationMs: 39_500, talkEndedAt: 60_000, heldMs: 10_000 }), 'cut')
})
