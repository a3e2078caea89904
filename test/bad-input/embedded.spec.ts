// Bad input that can be shown without FreeSWITCH: each is handled, and told on the page where its owner looks.
import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:net'
import { afterEach, describe, it } from 'node:test'
import { type EmbeddedSwitch, startEmbeddedSwitch } from '../../freeswitch/embedded/index.ts'
import { showCertificate } from '../../server/testing/expired-certificate.ts'
import { freePorts } from './ports.ts'
import { type Stage, startStage } from './stage.ts'

describe('bad input', () => {
  const ends: (() => Promise<unknown>)[] = []
  // At once: a process has one Node-RED.
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end()
  })
  const stage = async (...given: Parameters<typeof startStage>): Promise<Stage> => {
    const made = await startStage(...given)
    ends.push(made.stop)
    return made
  }
  /** A switch of its own, which the platform takes for a real one. */
  const aSwitch = async (globals: Record<string, string> = {}): Promise<EmbeddedSwitch> => {
    const made = await startEmbeddedSwitch({ password: 'the right one', globals, phoneMode: 'off' })
    ends.push(made.stop)
    return made
  }
  const urlOf = ({ port }: { port: number }, password = 'the right one', more = '') =>
    `esl://:${encodeURIComponent(password)}@127.0.0.1:${port}${more}`
  const secret = 'a-secret-of-this-test-only'

  it('a switch that is not there: on the screens, on its own page and where Vera was started; its return too', async () => {
    const [port] = (await freePorts(1)) as [number]
    const { says, read, said } = await stage({ switches: urlOf({ port }) })
    await says('root', '/admin/nodes', /fs1 (Sin conexión|Conectando) Nadie escucha en esa dirección/)
    await says('chief', '/supervisor', /El conmutador no responde/)
    await waitFor(() => said.find((line) => /El conmutador fs1 no responde/.test(line)))
    const back = await startEmbeddedSwitch({ eslPort: port, password: 'the right one' })
    ends.push(back.stop)
    await says('root', '/admin/nodes', /fs1 Funciona/, 15_000)
    assert.doesNotMatch(await read('chief', '/supervisor'), /El conmutador no responde/)
  })

  it('a wrong password of the event socket is told as such, not as a network fault', async () => {
    const { says, said } = await stage({ switches: urlOf(await aSwitch(), 'a wrong one') })
    await says('root', '/admin/nodes', /fs1 .*clave/i)
    await says('chief', '/supervisor', /El conmutador no responde/)
    const line = await waitFor(() => said.find((one) => /rechaza/.test(one)))
    assert.match(line, /clave.*FREESWITCH_URL/)
    assert.ok(!said.join().includes('a wrong one'), 'the password is not repeated')
  })

  it('something else at the address of the switch, which takes connections and says nothing', async () => {
    const mute: Server = createServer(() => {})
    await new Promise<void>((open) => mute.listen(0, '127.0.0.1', open))
    ends.push(() => new Promise((closed) => mute.close(closed)))
    const { says } = await stage({ switches: urlOf(mute.address() as { port: number }) })
    await says('root', '/admin/nodes', /fs1 (Sin conexión|Conectando)/)
    await says('chief', '/supervisor', /El conmutador no responde/)
  })

  it('a switch that shows another SWITCH_SECRET learns nothing, and the page of phones says which one', async () => {
    const { says, address } = await stage({ switches: urlOf(await aSwitch()), env: { SWITCH_SECRET: secret } })
    for (const path of ['snapshot', 'ask']) {
      const answer = await fetch(new URL(`/freeswitch/${path}`, address), {
        method: path === 'ask' ? 'POST' : 'GET',
        headers: { authorization: `Basic ${Buffer.from('vera:not-the-secret-at-all').toString('base64')}` },
      })
      assert.equal(answer.status, 401)
    }
    await says('root', '/admin/phones', /pregunta con otra clave \(SWITCH_SECRET\).*127\.0\.0\.1 .*Veces: 2/)
    await says('chief', '/supervisor', /pregunta con otra clave: poné en él el mismo SWITCH_SECRET/)
  })

  it('an expired certificate of the switch, and one that is missing', async () => {
    const shown = await showCertificate()
    ends.push(shown.close)
    const [nobody] = await freePorts(1)
    const { says } = await stage({ switches: urlOf(await aSwitch(), undefined, `?wss=${shown.port}&tls=${nobody}`) })
    await says('root', '/admin/phones', new RegExp(`certificado está vencido.*127.0.0.1:${shown.port} .*2020`))
    await says('root', '/admin/phones', new RegExp(`nadie contesta ahí.*127.0.0.1:${nobody}`))
    await says('chief', '/supervisor', /certificado de 127\.0\.0\.1:\d+ venció el 2021-01-01/)
  })

  it('a full disk of recordings, one nearly full and one that is away', async () => {
    let free = 0.3
    const statfs = async () => {
      if (free < 0) throw new Error('ENOENT')
      return { bsize: 1024 ** 3, blocks: 40, bavail: free }
    }
    const { says, read } = await stage({ overrides: { statfs } })
    const full = /El disco de grabaciones está lleno \(0,3 GB libres\): las llamadas siguen, pero no se graban/
    await says('chief', '/supervisor', full)
    await says('chief', '/recordings', full)
    await says('root', '/admin/recordings', /0,3 GB/)
    free = 20
    await read('root', '/admin/recordings')
    assert.doesNotMatch(await read('chief', '/supervisor'), /GB libres/)
    free = 3
    await read('root', '/admin/recordings')
    await says('chief', '/supervisor', /Queda poco lugar para grabaciones/)
    free = -1
    await read('root', '/admin/recordings')
    await says('chief', '/supervisor', /La carpeta de grabaciones no responde/)
  })

  it('two phones with one extension', async () => {
    const { says } = await (async () => {
      const one = await aSwitch()
      const made = await stage({ switches: urlOf(one) })
      await switchSeen(made)
      one.phones.register('1001', 'Mesa 1')
      one.phones.register('1001', 'Mesa 2')
      return made
    })()
    await says('root', '/admin/phones', /1001 .*Mesa 2.*También desde .*Mesa 1/)
    await says('chief', '/supervisor', /El interno 1001 se registra desde dos teléfonos; suena el último/)
  })

  it('a caller without number is a call like any other', async () => {
    const { platform, says, read } = await stage()
    const { embedded } = platform.telephony
    assert.ok(embedded)
    for (const from of ['', 'anonymous']) {
      const call = embedded.line({ from, to: '3425550100' })
      await says('chief', '/interactions', from === '' ? /Número oculto/ : /Número oculto.*Número oculto/)
      call.hangUp()
    }
    assert.doesNotMatch(await read('chief', '/interactions'), /anonymous/)
  })

  it('one caller who floods is refused, the others are not; the page of lines says who', async () => {
    const one = await aSwitch({ vera_caller_calls: '1', vera_caller_rate: '100/60' })
    const { says, platform } = await stage({ switches: urlOf(one) })
    one.setCallListen(`127.0.0.1:${platform.config.callListen.port}`)
    await switchSeen({ says })
    const causes: string[] = []
    const line = (from: string) => {
      const made = one.line({ from, to: '3425550100' })
      made.onEnded = (cause) => causes.push(cause)
      return made
    }
    const first = line('3424000001')
    line('3424000001')
    const other = line('3424000002')
    await waitFor(() => causes.length > 0)
    assert.deepEqual(causes, ['CALL_REJECTED'])
    await says('root', '/admin/trunks', /Llamadas rechazadas .*Demasiadas de un mismo número .*3424000001/)
    await says('chief', '/supervisor', /Se rechazan llamadas de 3424000001/)
    for (const leg of [first, other]) leg.hangUp()
  })
})

/** The platform hears its switch. */
async function switchSeen({ says }: Pick<Stage, 'says'>): Promise<void> {
  await says('root', '/admin/nodes', /fs1 Funciona/)
}
async function waitFor<T>(look: () => T | undefined | false, ms = 24_000): Promise<T> {
  const late = Date.now() + ms
  for (;;) {
    const found = look()
    if (found) return found
    if (Date.now() > late) throw new Error(`not in time: ${look}`)
    await new Promise((next) => setTimeout(next, 20))
  }
}
