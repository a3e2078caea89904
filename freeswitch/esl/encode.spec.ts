import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import * as encode from './encode.ts'
import { SwitchError } from './types.ts'

/** Text that tries to get out of where it stands. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\n',
        '\r\n',
        '\0',
        '${',
        '}',
        '$',
        '{',
        '[',
        ']',
        ',',
        "'",
        '\\',
        '"',
        ' ',
        '!',
        '^^',
        '%[',
        '|',
        ';',
        '..',
        '/',
      ),
      fc.constantFrom(
        'api shutdown',
        '${system(id)}',
        'unload',
        'RELOAD',
        'mod_event_socket',
        '@',
        '=',
        ':',
        'á',
        '😀',
        '1001',
        'a',
      ),
      fc.string({ maxLength: 4 }),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''))

/** The encoder's result, or undefined when it refused with `switch.unsafe`. Any other error fails the test. */
function tried(act: () => string): string | undefined {
  try {
    return act()
  } catch (error) {
    assert.ok(error instanceof SwitchError && error.code === 'switch.unsafe', String(error))
    return undefined
  }
}

/** Reads a quoted argument as switch_separate_string does: `\` before `\` or `'`, quotes around. */
function unquote(text: string): { value: string; rest: string } {
  assert.equal(text[0], "'")
  let value = ''
  for (let i = 1; i < text.length; i++) {
    if (text[i] === '\\' && (text[i + 1] === '\\' || text[i + 1] === "'")) value += text[++i]
    else if (text[i] === "'") return { value, rest: text.slice(i + 1) }
    else value += text[i]
  }
  assert.fail('the quote is never closed')
}

const U = 'd0ffee00-1111-2222-3333-444444444444'

test('a variable is one quoted argument that reads back as itself', () => {
  fc.assert(
    fc.property(hostile, (value) => {
      const command = tried(() => encode.setVariableCommand(U, 'vera_x', value))
      const breaks = /[\r\n\0]/.test(value)
      const unload = /mod_event_socket/i.test(value) && /unload|reload/i.test(value)
      assert.equal(command === undefined, breaks || unload)
      if (command === undefined) return
      const head = `uuid_setvar ${U} vera_x `
      assert.ok(command.startsWith(head))
      assert.deepEqual(unquote(command.slice(head.length)), { value, rest: '' })
    }),
    { numRuns: 2000 },
  )
})

test('no message has more lines than were meant', () => {
  fc.assert(
    fc.property(hostile, hostile, hostile, (a, b, c) => {
      const lines = (text: string | undefined) => text?.split(/[\r\n\0]/).length
      assert.ok([1, undefined].includes(lines(tried(() => encode.commandLine(a)))))
      assert.ok([1, undefined].includes(lines(tried(() => encode.headerValue(a)))))
      // 4 lines, the argument's, and the blank one.
      const execute = tried(() => encode.executeMessage(U, 'playback', a))
      if (execute !== undefined) assert.equal(lines(execute), a === '' ? 6 : 7)
      assert.ok([6, 7, undefined].includes(lines(tried(() => encode.executeMessage(a, b, c)))))
      assert.ok([5, undefined].includes(lines(tried(() => encode.hangupMessage(a, b)))))
    }),
    { numRuns: 2000 },
  )
})

test('nothing that the switch would expand or obey gets into an argument', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const argument = tried(() => encode.applicationArgument(text))
      if (argument === undefined) assert.match(text, /[\r\n\0\\]|\$\{|^\s*\^\^|^\s*%\[|mod_event_socket/i)
      else {
        assert.equal(argument, text)
        assert.ok(!/\$\{|\\/.test(argument) && !/^\s*(\^\^|%\[)/.test(argument))
      }
    }),
    { numRuns: 2000 },
  )
  assert.throws(() => encode.applicationArgument("v$\\'{vera_domain}."), { code: 'switch.unsafe' })
})

test('originate variables, dial strings and paths let only harmless letters pass', () => {
  fc.assert(
    fc.property(hostile, hostile, (a, b) => {
      const variables = tried(() => encode.originateVariables({ vera_x: a, vera_y: b }))
      if (variables !== undefined) assert.match(variables, /^\{vera_x=[A-Za-z0-9 ._+@-]*,vera_y=[A-Za-z0-9 ._+@-]*\}$/)
      for (const to of [
        { user: a, domain: b },
        { gateway: a, number: b },
        { loopback: a, context: b },
      ]) {
        const dial = tried(() => encode.dialString(to))
        if (dial === undefined) continue
        assert.match(
          dial,
          /^(user\/[\w.-]+@[\w.-]+|sofia\/gateway\/[\w.-]+\/\+?[0-9*#]+|loopback\/[\w.*#+-]+\/[\w.-]+)$/,
        )
        assert.equal(encode.safeDialString(dial), dial)
      }
      const dial = tried(() => encode.safeDialString(a))
      if (dial !== undefined) assert.doesNotMatch(dial, /[\s,|{}[\]<>!'"\\$%^&;=]/)
      const path = tried(() => encode.filePath(a))
      if (path !== undefined) assert.ok(/^\/[\w./-]+$/.test(path) && !path.split('/').includes('..'))
      const tone = tried(() => encode.toneStream(a))
      if (tone !== undefined) assert.doesNotMatch(tone, /[\s!{}[\]$'"\\^|]/)
    }),
    { numRuns: 2000 },
  )
})

test('a dial string that was made is taken, whatever its names begin with; one of two calls at once is not', () => {
  for (const to of [
    { user: '_', domain: 'unload' },
    { loopback: '_', context: '_' },
    { gateway: '_', number: '+1' },
  ]) {
    const dial = encode.dialString(to)
    assert.equal(encode.safeDialString(dial), dial)
  }
  assert.equal(encode.safeDialString('sofia/internal/1001@127.0.0.1:5080'), 'sofia/internal/1001@127.0.0.1:5080')
  assert.throws(() => encode.safeDialString('user/1001@vera:_:user/1002@vera'), { code: 'switch.unsafe' })
})

test('what is meant to pass does', () => {
  assert.equal(
    encode.originateVariables({ origination_uuid: U, a: 'Ana Paz', n: 3 }),
    `{origination_uuid=${U},a=Ana Paz,n=3}`,
  )
  assert.equal(encode.dialString({ user: '1001', domain: 'vera.local' }), 'user/1001@vera.local')
  assert.equal(encode.dialString({ gateway: 'red', number: '+5493424567890' }), 'sofia/gateway/red/+5493424567890')
  assert.equal(encode.filePath('/var/lib/vera/a-b_c.1.wav'), '/var/lib/vera/a-b_c.1.wav')
  assert.equal(encode.toneStream('%(250,50,440)'), 'tone_stream://%(250,50,440)')
  assert.equal(encode.subscription(['CUSTOM a::b', 'DTMF', 'CUSTOM c::d', 'DTMF']), 'event json DTMF CUSTOM a::b c::d')
})

test('an order to unload the event socket is refused in any spelling', () => {
  for (const text of ['api unload mod_event_socket', "uuid_setvar x y 'MOD_EVENT_SOCKET ReLoad'"]) {
    assert.throws(() => encode.commandLine(text), { code: 'switch.unsafe' })
    assert.throws(() => encode.executeMessage(U, 'set', `vera_x=${text}`), { code: 'switch.unsafe' })
  }
  assert.equal(encode.commandLine('api reload mod_sofia'), 'api reload mod_sofia')
})
