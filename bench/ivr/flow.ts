// The same three steps twice: as a Vera flow, and in FreeSWITCH's own dialplan.
export const texts = {
  first: 'Por impuestos, marque 1.',
  second: 'Para pagar, marque 1.',
  bye: 'Gracias.',
}

const say = (value: string) => ({ as: 'text', value })
const menu = (id: string, text: string, next: string) => ({
  id,
  type: 'vera-menu',
  z: 'tab',
  name: id,
  say: say(text),
  options: [{ key: '1', label: 'uno' }],
  seconds: 5,
  retries: 0,
  bargeIn: true,
  noInput: say(texts.bye),
  noMatch: say(texts.bye),
  outputs: 3,
  x: 100,
  y: 100,
  wires: [[next], ['bye'], ['bye']],
})

export const flow = [
  { id: 'tab', type: 'tab', label: 'Bench' },
  { id: 'in', type: 'vera-call-in', z: 'tab', name: 'in', number: '', x: 50, y: 100, wires: [['first']] },
  menu('first', texts.first, 'second'),
  menu('second', texts.second, 'bye'),
  {
    id: 'bye',
    type: 'vera-hang-up',
    z: 'tab',
    name: 'bye',
    say: say(texts.bye),
    contained: true,
    busy: false,
    x: 400,
    y: 100,
    wires: [],
  },
]

/** The number that the dialplan serves by itself; every other one goes to the platform. */
export const nativeNumber = '3425550101'
export const flowNumber = '3425550102'

/** `files`: what is heard for each text, so that both play the same sound. */
export const nativeExtension = (files: Record<keyof typeof texts, string>) => `
    <extension name="native">
      <condition field="destination_number" expression="^${nativeNumber}$">
        <action application="answer"/>
        <action application="play_and_get_digits" data="1 1 1 5000 # ${files.first} silence_stream://1 first 1"/>
        <action application="play_and_get_digits" data="1 1 1 5000 # ${files.second} silence_stream://1 second 1"/>
        <action application="playback" data="${files.bye}"/>
        <action application="hangup" data="NORMAL_CLEARING"/>
      </condition>
    </extension>`
