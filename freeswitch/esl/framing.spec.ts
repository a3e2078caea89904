import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeEvent } from './events.ts'
import { FrameReader, FramingError } from './framing.ts'
import { decodePercent, decodeText } from './text.ts'

type Seen = { type: string; headers: Record<string, string>; body: string }

function read(chunks: Buffer[], limits = {}): Seen[] {
  const seen: Seen[] = []
  const reader = new FrameReader(
    (frame) => seen.push({ type: frame.type, headers: { ...frame.headers }, body: frame.body.toString('base64') }),
    limits,
  )
  for (const chunk of chunks) {
    reader.push(chunk)
    // The socket reads into one buffer again and again: what the reader kept must be its own.
    chunk.fill(0x58)
  }
  return seen
}

function cut(bytes: Buffer, borders: number[]): Buffer[] {
  const at = [...new Set(borders.map((n) => n % (bytes.length + 1)))].sort((a, b) => a - b)
  return [0, ...at].map((from, i) => Buffer.from(bytes.subarray(from, at[i] ?? bytes.length)))
}

const json = fc
  .dictionary(fc.string({ minLength: 1, unit: 'grapheme' }), fc.string({ unit: 'grapheme' }))
  .map((headers) => Buffer.from(JSON.stringify({ 'Event-Name': 'X', ...headers })))
const body = fc.oneof(json, fc.uint8Array({ maxLength: 300 }).map(Buffer.from))
const lineText = fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => text.replace(/[\r\n]/g, ' '))
const frame = fc.oneof(
  body.map((bytes) => ({
    bytes: Buffer.concat([Buffer.from(`Content-Length: ${bytes.length}\nContent-Type: text/event-json\n\n`), bytes]),
    type: 'text/event-json',
    body: bytes,
  })),
  body.map((bytes) => ({
    bytes: Buffer.concat([Buffer.from(`Content-Type: api/response\r\nContent-Length: ${bytes.length}\r\n\r\n`), bytes]),
    type: 'api/response',
    body: bytes,
  })),
  lineText.map((text) => ({
    bytes: Buffer.from(`Content-Type: command/reply\nReply-Text: +OK ${text}\n\n`),
    type: 'command/reply',
    body: Buffer.alloc(0),
  })),
)

test('frames do not depend on the borders of the chunks', () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 8 }), fc.array(fc.nat(5000), { maxLength: 40 }), (frames, borders) => {
      const bytes = Buffer.concat(frames.map((one) => one.bytes))
      const seen = read(cut(bytes, borders))
      assert.deepEqual(
        seen.map(({ type, body }) => ({ type, body })),
        frames.map((one) => ({ type: one.type, body: one.body.toString('base64') })),
      )
      assert.deepEqual(read(cut(bytes, [])), seen)
    }),
    { numRuns: 300 },
  )
})

test('one byte at a time, with multi-byte text counted in bytes', () => {
  const text = '{"Event-Name":"X","variable_n":"ñandú 😀"}'
  const bytes = Buffer.from(
    `Content-Length: ${Buffer.byteLength(text)}\nContent-Type: text/event-json\n\n${text}Content-Type: auth/request\n\n`,
  )
  const seen = read([...bytes].map((byte) => Buffer.from([byte])))
  assert.deepEqual(
    seen.map((one) => one.type),
    ['text/event-json', 'auth/request'],
  )
  assert.equal(Buffer.from(seen[0]!.body, 'base64').toString(), text)
})

test('garbage never loops, never escapes as another error, and stays refused', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          frame.map((one) => one.bytes),
        ),
        { maxLength: 10 },
      ),
      (parts) => {
        const reader = new FrameReader(() => {}, { bodyBytes: 10_000 })
        let broken: unknown
        for (const part of parts) {
          try {
            reader.push(Buffer.from(part))
            assert.equal(broken, undefined, 'took bytes after it was broken')
          } catch (error) {
            assert.ok(error instanceof FramingError, String(error))
            broken = error
          }
        }
      },
    ),
    { numRuns: 500 },
  )
})

test('what is malformed has a clear error', () => {
  const refused = (text: string, what: RegExp, limits = {}) =>
    assert.throws(
      () => read([Buffer.from(text)], limits),
      (error: Error) => error instanceof FramingError && what.test(error.message),
    )
  refused('Content-Length: x\n\n', /not a number/)
  refused('Content-Length: -1\n\n', /not a number/)
  refused('Content-Length: 1e3\nContent-Type: text/event-json\n\n', /not a number/)
  refused('Content-Length: 1\nContent-Length: 2\n\n', /two different/)
  refused('no colon here\n\n', /no name/)
  refused(': value\n\n', /no name/)
  refused('Content-Length: 99999999999\nContent-Type: text/event-json\n\n', /longer/)
  refused('Content-Length: 999999999\nContent-Type: text/event-json\n\n', /longer/)
  refused(`A: ${'x'.repeat(2000)}`, /header block longer/, { headerBytes: 1000 })
})

test('a header block of 10 MB in small chunks is read in one pass; above it is refused', () => {
  const piece = Buffer.alloc(4096, 'x')
  let frames = 0
  const reader = new FrameReader(() => frames++)
  reader.push(Buffer.from('Content-Type: command/reply\nReply-Text: '))
  for (let i = 0; i < 2550; i++) reader.push(piece)
  reader.push(Buffer.from('\n\n'))
  assert.equal(frames, 1)
  assert.throws(() => {
    reader.push(Buffer.from('A: '))
    for (let i = 0; i < 2600; i++) reader.push(piece)
  }, FramingError)
})

test('a header called __proto__ is a header', () => {
  const seen: unknown[] = []
  new FrameReader((one) => seen.push(Object.entries(one.headers))).push(Buffer.from('__proto__: a\n\n'))
  assert.deepEqual(seen, [[['__proto__', 'a']]])
  assert.equal(({} as Record<string, unknown>).a, undefined)
})

test('nothing comes out after stop, also from the chunk being read', () => {
  let seen = 0
  const reader: FrameReader = new FrameReader(() => {
    seen++
    reader.stop()
  })
  reader.push(Buffer.from('A: 1\n\nB: 2\n\n'))
  reader.push(Buffer.from('C: 3\n\n'))
  assert.equal(seen, 1)
})

test('text: UTF-8 stays, other bytes are Latin-1, nothing is lost', () => {
  assert.equal(decodeText(Buffer.from([0x4a, 0xf3, 0x73, 0xc3, 0xa9])), 'Jósé')
  assert.equal(decodeText(Buffer.from([0xed, 0xa0, 0x80, 0xc0, 0xaf, 0xf5, 0xe2, 0x82])), 'í\u00a0\u0080À¯õâ\u0082')
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => assert.equal(decodeText(Buffer.from(text)), text)))
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.uint8Array({ maxLength: 4 }), fc.string({ unit: 'grapheme' }).map(Buffer.from))),
      (parts) => {
        const bytes = Buffer.concat(parts)
        const text = decodeText(bytes)
        assert.ok(bytes.includes(Buffer.from('\ufffd')) || !text.includes('\ufffd'))
        // Every byte is in the text, as itself or inside its character.
        let at = 0
        for (const sign of text) {
          const utf8 = Buffer.from(sign)
          if (bytes.subarray(at, at + utf8.length).equals(utf8)) at += utf8.length
          else assert.equal(bytes[at++], sign.charCodeAt(0))
        }
        assert.equal(at, bytes.length)
      },
    ),
  )
})

test('percent escapes: valid ones undone, others left, Latin-1 read', () => {
  assert.equal(decodePercent('a%20b%C3%B1%E9%zz%4'), 'a bñé%zz%4')
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      fc.pre(text.isWellFormed())
      assert.equal(decodePercent(encodeURIComponent(text)), text)
    }),
  )
})

test('events: lists become text, Latin-1 is read, what is no event is none', () => {
  const event = decodeEvent(
    Buffer.from('{"Event-Name":"CUSTOM","Event-Subclass":"a::b","x":["1","2"],"n":1,"_body":"hi"}'),
  )
  assert.deepEqual(event, {
    name: 'CUSTOM',
    subclass: 'a::b',
    uuid: undefined,
    body: 'hi',
    headers: { 'Event-Name': 'CUSTOM', 'Event-Subclass': 'a::b', x: 'ARRAY::1|:2', n: '1', _body: 'hi' },
  })
  assert.equal(decodeEvent(Buffer.from('{"Event-Name":"X","n":"Jos\xe9"}', 'latin1'))?.headers.n, 'José')
  for (const bad of ['', '{', '[]', 'null', '1', '"x"', '{}', '{"Event-Name":1}']) {
    assert.equal(decodeEvent(Buffer.from(bad)), undefined, bad)
  }
})
