import assert from 'node:assert/strict'
import { it } from 'node:test'
import { limit, type Stage } from './stage.ts'

export function variables(stage: Stage): void {
  const { answered } = stage

  it('keeps hostile text in a variable as it is', limit, async () => {
    const { call, ended } = await answered()
    const texts = [
      "it's ${uuid}",
      '\\ back\\slash \\n',
      '"quotes" {a=b} [c]',
      '  spaces  ',
      'ñandú €',
      '%41 ^^:x',
      '<b>&amp;',
      "'",
      '${version()}',
      ';,|',
    ]
    for (const text of texts) {
      await call.setVariables({ vera_text: text })
      assert.equal(await call.getVariable('vera_text'), text)
    }
    await call.setVariables({ vera_text: '' })
    assert.equal(await call.getVariable('vera_text'), undefined)
    await call.hangup()
    await ended
  })

  it('answers commands about nobody with its own words', limit, async () => {
    const text = (command: string) =>
      stage.client.api(command).then(
        (answer) => answer.trim(),
        (error: Error) => error.message,
      )
    const nobody = 'f0000000-0000-4000-8000-000000000000'
    assert.equal(await text(`uuid_exists ${nobody}`), 'false')
    assert.match(await text(`uuid_getvar ${nobody} x`), /No such channel!/)
    assert.match(await text(`uuid_setvar ${nobody} x y`), /No such channel!/)
    assert.match(await text(`uuid_kill ${nobody}`), /No such channel!/)
    assert.match(await text(`uuid_transfer ${nobody} 1`), /No such channel!/)
    assert.match(await text(`uuid_bridge ${nobody} ${nobody}`), /Invalid uuid/)
    assert.match(await text(`uuid_broadcast ${nobody} x`), /invalid uuid/)
    assert.match(await text(`uuid_break ${nobody}`), /No such channel!/)
    assert.match(await text(`uuid_record ${nobody} start /tmp/x.wav`), /Cannot locate session!/)
    assert.match(await text(`uuid_send_dtmf ${nobody} 1`), /Cannot locate session!/)
    assert.match(await text(`uuid_dump ${nobody}`), /No such channel!/)
    assert.match(await text('nosuchcommand'), /nosuchcommand Command not found!/)
    assert.match(await text('uuid_getvar'), /USAGE/)
    assert.match(await text('version'), /FreeSWITCH Version 1\./)
    assert.match(await text('status'), /^UP .* is ready/s)
    assert.match(await text('create_uuid'), /^[0-9a-f-]{36}$/)
    assert.match(await text('global_getvar vera_domain'), /^[\w.]+$/)
    assert.equal(await text('reloadxml'), '+OK [Success]')
    assert.match(await text('strftime %Y'), /^20\d\d$/)
  })

  it('dumps a leg with its variables, and sets several at once', limit, async () => {
    const { call, ended } = await answered()
    assert.match(await stage.client.api(`uuid_setvar_multi ${call.uuid} vera_a=1;vera_b=2`), /^\+OK/)
    const dump = JSON.parse(await stage.client.api(`uuid_dump ${call.uuid} json`)) as Record<string, string>
    assert.equal(dump['Unique-ID'], call.uuid)
    assert.equal(dump.variable_vera_b, '2')
    assert.equal(dump['Answer-State'], 'answered')
    await call.hangup()
    await ended
    assert.equal((await stage.client.api(`uuid_exists ${call.uuid}`)).trim(), 'false')
  })
}
