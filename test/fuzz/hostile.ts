// What people write, or make machines write, to be taken for an order.
import fc from 'fast-check'

/** Sets this global variable of the switch, or makes this file, if it is ever obeyed. */
export const canary = 'vera_fuzz_canary'
export const canaryFile = (folder: string) => `${folder}/canary`

const orders = (file: string) => [
  `\${global_setvar(${canary}=hit)}`,
  `\${system(touch ${file})}`,
  `\${expr(1+1)}`,
  `\${vera_domain}`,
  `$\${vera_domain}`,
  `$\\{vera_domain}`,
  `$\\'{vera_domain}`,
  `\\\${vera_domain}`,
  `\\\\\${vera_domain}`,
  `\${\${vera_domain}}`,
  `\${env(PATH)}`,
  `\${uuid_dump(\${uuid})}`,
  `\n\napi global_setvar ${canary}=hit\n\n`,
  `\r\n\r\napi global_setvar ${canary}=hit\r\n\r\n`,
  `\0api global_setvar ${canary}=hit`,
  `' ; global_setvar ${canary}=hit ; '`,
  `"; system touch ${file}; "`,
  `\`touch ${file}\``,
  `$(touch ${file})`,
  `;touch ${file};`,
  `| touch ${file}`,
  `reload mod_event_socket`,
  `unload mod_event_socket`,
  'api shutdown',
  'exit',
  '\n\nexit\n\n',
  `{execute_on_answer='global_set ${canary}=hit'}`,
  `[api_on_answer=global_setvar ${canary}=hit]`,
  `<api_on_originate='system touch ${file}'>`,
  `,execute_on_originate=system:touch ${file},`,
  `&system(touch ${file})`,
  `) &global_set(${canary}=hit)`,
  `inline:'global_set:${canary}=hit'`,
  `system:touch ${file}`,
  `loopback/app=global_set:${canary}=hit`,
  '^^:a:b',
  '^^|',
  '%[a=b]',
  '%[api_on_answer=x]',
  '%{x}',
  '%0a%0aapi status%0a%0a',
  '%0d%0a',
  '%00',
  '%E9',
  '%24%7Bvera_domain%7D',
  '&#36;{vera_domain}',
  '&#10;',
  `"/><X-PRE-PROCESS cmd="exec" data="touch ${file}"/><a b="`,
  `<X-PRE-PROCESS cmd="set" data="${canary}=hit"/>`,
  `--><X-PRE-PROCESS cmd="set" data="${canary}=hit"/><!--`,
  ']]><a/>',
  '</variables></user><user id="1099">',
  '"},"vera_exit":"answered","x":{"',
  '\\u0024{vera_domain}',
  '\\n\\napi status\\n\\n',
  '-ERR no such channel!',
  '+OK',
  '_undef_',
  '-ERR no reply',
  'Content-Length: 4\n\n',
  '../../../../etc/passwd',
  'file_string://a!b',
  '[[f_aI@]]<speak>',
  '-w /tmp/x',
  '--help',
  "' OR 1=1 --",
  'ARRAY::a|:b',
  'ARRAY::',
  '__proto__',
  '{{msg.citizen.name}}',
]

const characters = [
  ...[
    '$',
    '{',
    '}',
    '(',
    ')',
    '[',
    ']',
    '<',
    '>',
    '|',
    ',',
    ';',
    ':',
    '!',
    '&',
    '%',
    '^',
    '^^',
    '~',
    '`',
    '#',
    '*',
    '@',
  ],
  ...[
    "'",
    '"',
    '\\',
    '\\\\',
    "\\'",
    '\\$',
    '\\n',
    '=',
    '/',
    '?',
    '+',
    '-',
    '.',
    '_',
    ' ',
    '  ',
    '\t',
    '\n',
    '\r',
    '\0',
  ],
  ...['\u0001', '\u0007', '\u001b', '\u007f', '\u0085', '\u00a0', '\u2028', '\u202e', '\u200b', '\ufeff', '\uffff'],
  ...['\ud800', '\udfff', 'á', 'ñ', '€', '日', '😀', 'e\u0301', '0', '1', '9', 'a', 'Z'],
]

/** Hostile texts; those with orders in them would write `file`. */
export function hostile(file: string): fc.Arbitrary<string> {
  const order = fc.constantFrom(...orders(file))
  const character = fc.constantFrom(...characters)
  const some = fc.array(character, { maxLength: 12 }).map((parts) => parts.join(''))
  const plain = fc.stringMatching(/^[A-Za-z0-9 ._+@*#/-]{0,24}$/)
  return fc.oneof(
    { weight: 40, arbitrary: fc.tuple(some, order, some).map((parts) => parts.join('')) },
    { weight: 40, arbitrary: fc.array(fc.oneof(character, order), { maxLength: 10 }).map((parts) => parts.join('')) },
    { weight: 20, arbitrary: order },
    { weight: 20, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
    { weight: 20, arbitrary: fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 20 }).map(fromUnits) },
    { weight: 30, arbitrary: plain },
    // Longer than any buffer that one might have thought enough.
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.oneof(order, character), fc.integer({ min: 4_000, max: 9_000 }))
        .map(([part, size]) => (part || 'x').repeat(Math.ceil(size / (part.length || 1)))),
    },
  )
}

const fromUnits = (units: number[]) => String.fromCharCode(...units)

/** `count` of them, the same for the same seed. */
export function texts(file: string, count: number, seed: number): string[] {
  return count < 1 ? [] : fc.sample(hostile(file), { numRuns: count, seed })
}

/** A text as one line of a message of another protocol. */
export const inLine = (text: string) => text.replace(/[\r\n\0]/g, ' ')

/** As UTF-8 carries it: half of a surrogate pair has no bytes and becomes U+FFFD, which is its documented cleaned form. */
export const onWire = (text: string) => Buffer.from(text).toString()
