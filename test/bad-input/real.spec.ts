// Bad input on a real FreeSWITCH (FREESWITCH_BIN): what it does with it, and what the platform's pages say.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { followServers } from '../../freeswitch/conf/follow.ts'
import { findFreeswitch, type RunningSwitch, startFreeswitch } from '../../freeswitch/conf/process.ts'
import { defaultSite } from '../../freeswitch/conf/site.ts'
import { Handset } from '../../server/phones/handset.ts'
import { expiredPem } from '../../server/testing/expired-certificate.ts'
import { freePorts } from './ports.ts'
import { type Stage, startStage } from './stage.ts'
import { offerCall } from './stranger.ts'

const binary = findFreeswitch(process.env.FREESWITCH_BIN, '')
const isRoot = process.getuid?.() === 0

describe('bad input on FreeSWITCH', { skip: binary ? false : 'FREESWITCH_BIN is not set' }, () => {
  const switchSecret = 'a-secret-of-this-test-only'
  let folder: string
  let running: RunningSwitch
  let stage: Stage
  let follower: ReturnType<typeof followServers>
  let site: ReturnType<typeof defaultSite>
  let mounted: string | undefined
  const handsets: Handset[] = []
  const handset = async (address?: string) => {
    const one = await Handset.open(site.agentsPort, address)
    handsets.push(one)
    return one
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vera-bad-input-switch-'))
    const ports = await freePorts(8)
    const [eslPort, agentsPort, agentsWsPort, trunkPort, agentsTlsPort, agentsWssPort, httpPort, callPort] = ports as [
      ...[number, number, number, number, number, number, number, number],
    ]
    const tlsDir = join(folder, 'tls')
    await mkdir(tlsDir)
    for (const name of ['agent.pem', 'wss.pem']) await writeFile(join(tlsDir, name), expiredPem, { mode: 0o600 })
    site = {
      ...defaultSite(join(folder, 'switch')),
      ...{ eslPort, agentsPort, agentsWsPort, trunkPort, agentsTlsPort, agentsWssPort, tlsDir },
      ...{ rtpFirst: 30_300, rtpLast: 30_500, callListen: `127.0.0.1:${callPort}` },
      ...{ recordingsDir: join(folder, 'recordings'), cdrDir: join(folder, 'cdr') },
      ...{ servers: [`http://127.0.0.1:${httpPort}`], switchSecret },
      limits: { callerCalls: 2, callerRate: '100/60', trunkCalls: 4, trunkRate: '100/1' },
    }
    running = await startFreeswitch(binary as string, site)
    const more = `agents=${agentsPort}&ws=${agentsWsPort}&trunk=${trunkPort}&wss=${agentsWssPort}&tls=${agentsTlsPort}`
    stage = await startStage({
      switches: `esl://:${encodeURIComponent(running.password)}@127.0.0.1:${eslPort}?${more}`,
      port: httpPort,
      recordingsDir: site.recordingsDir,
      env: { SWITCH_SECRET: switchSecret, CALL_LISTEN: site.callListen },
      // Everything of a test comes from loopback, which is ours: here it counts as anybody's.
      overrides: { neverBlock: () => false },
    })
    await stage.says('root', '/admin/nodes', /fs1 Funciona/)
    const { client } = stage.platform.telephony
    follower = followServers({ site, command: (text) => client.bgapi(text), say: () => {}, everyMs: 1e9 })
    await follower.ask()
  })
  after(async () => {
    for (const one of handsets) one.close()
    follower?.stop()
    await stage?.stop()
    await running?.stop()
    if (mounted) execFileSync('umount', [mounted])
    await rm(folder, { recursive: true, force: true })
  })
  const call = (more: Partial<Parameters<typeof offerCall>[0]> = {}) =>
    offerCall({ port: site.trunkPort, to: '3425550100', from: '3424000001', ...more })

  it('an expired certificate is told with its port and its end', async () => {
    for (const port of [site.agentsWssPort, site.agentsTlsPort])
      await stage.says(
        'root',
        '/admin/phones',
        new RegExp(`certificado está vencido[^·]*127.0.0.1:${port} · 31/12/2020`),
      )
    await stage.says('chief', '/supervisor', /venció el 2021-01-01: navegadores y teléfonos no se conectan/)
  })

  it('a carrier that offers only a codec we do not speak gets 488, and the page of lines names the codec', async () => {
    assert.equal((await call({ codec: '18 G729' })).status, 488)
    await stage.says('root', '/admin/trunks', /Ningún códec en común .*PCMA o PCMU.*\(G729\).*3424000001/)
    await stage.says('chief', '/supervisor', /ofreció solo códecs que no se aceptan \(G729\)/)
  })

  it('a caller without number is served', async () => {
    const served = await call({ from: undefined })
    assert.equal(served.status, 200)
    await stage.says('chief', '/interactions', /Número oculto/)
    served.hangUp()
  })

  it('a call from an address of no line is refused before the dialplan', async () => {
    assert.equal((await call({ address: '127.0.0.9', from: '100' })).status, 403)
    await stage.says('root', '/admin/trunks', /De una dirección desconocida .*100@127\.0\.0\.9/)
    // Nor may one ring our phones past the lines.
    assert.equal((await call({ address: '127.0.0.9', port: site.agentsPort, to: '1001' })).status, 407)
  })

  it('who floods is refused, alone; then the line as a whole', async () => {
    const standing = [await call(), await call()]
    assert.deepEqual(
      standing.map(({ status }) => status),
      [200, 200],
    )
    assert.equal((await call()).status, 603)
    await stage.says('root', '/admin/trunks', /Demasiadas de un mismo número .*CALLER_CALLS/)
    standing.push(await call({ from: '3424000002' }), await call({ from: '3424000003' }))
    assert.deepEqual(
      standing.map(({ status }) => status),
      [200, 200, 200, 200],
    )
    const refused = await call({ from: '3424000004' })
    assert.deepEqual([refused.status, refused.reason], [503, 'Service Unavailable'])
    await stage.says('root', '/admin/trunks', /Más de las que se admiten .*TRUNK_CALLS/)
    await stage.says('chief', '/supervisor', /Se rechazan llamadas de 3424000001/)
    for (const one of standing) one.hangUp()
  })

  it('two phones with one extension: the last one rings, and both are shown', async () => {
    const [first, second] = [await handset(), await handset('127.0.0.8')]
    const password = await stage.passwordOf('1001')
    assert.equal(await first.register('1001', password, true, 120, 'Mesa 1'), 200)
    assert.equal(await second.register('1001', password, true, 120, 'Mesa 2'), 200)
    await stage.says('root', '/admin/phones', /1001 .*127\.0\.0\.8 .*Mesa 2.*También desde .*127\.0\.0\.1 · Mesa 1/)
    await stage.says('chief', '/supervisor', /El interno 1001 se registra desde dos teléfonos/)
  })

  it('a phone without a codec in common is told on its row', async () => {
    const phone = await handset()
    phone.answer = '488 Not Acceptable Here'
    assert.equal(await phone.register('1001', await stage.passwordOf('1001'), true, 120, 'Mesa 1'), 200)
    const { client } = stage.platform.telephony
    const refused = client.bgapi('originate {originate_timeout=5}user/1001@vera.local &park()')
    await assert.rejects(refused, /INCOMPATIBLE_DESTINATION/)
    await stage.says('root', '/admin/phones', /1001 .*Ningún códec en común 1001 · Veces: 1 .*PCMA o PCMU/)
    await stage.says('chief', '/supervisor', /El teléfono 1001 no acepta ningún códec del conmutador/)
  })

  it('a scanner of passwords is counted, shut out and told; somebody opens again', async () => {
    const scanner = await handset('127.0.0.9')
    for (let n = 0; n < 10; n++) assert.equal(await scanner.register(`10${10 + n}`, 'guess', false), 403)
    await stage.says('root', '/admin/phones', /Orígenes bloqueados .*127\.0\.0\.9 10 1019/)
    await stage.says('chief', '/supervisor', /Se bloqueó 127\.0\.0\.9: 10 intentos fallidos/)
    assert.equal(await scanner.register('1001', await stage.passwordOf('1001'), false), 403, 'even with the right one')
    await stage.post('root', '/admin/phones/sources/unblock', { address: '127.0.0.9' })
    assert.equal(await scanner.register('1001', await stage.passwordOf('1001'), false), 200)
  })

  it('a full disk of recordings: the call goes on, the banner says so', {
    skip: isRoot ? false : 'only root can mount a small disk',
  }, async () => {
    const { client } = stage.platform.telephony
    const small = site.recordingsDir
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=32k', 'tmpfs', small])
    mounted = small
    const leg = (await client.bgapi('originate loopback/9196/agents &park()')).replace(/^\+OK /, '').trim()
    await client.api(`uuid_record ${leg} start ${join(small, 'full.wav')}`)
    await writeFile(join(small, 'ballast'), Buffer.alloc(64 * 1024)).catch((error) =>
      assert.equal(error.code, 'ENOSPC'),
    )
    // Two seconds of stereo are 64 kB; there is no event that says that nothing more is written.
    await new Promise((next) => setTimeout(next, 2_500))
    assert.equal(await client.api(`uuid_exists ${leg}`), 'true', 'the call goes on')
    await client.api(`uuid_record ${leg} stop ${join(small, 'full.wav')}`).catch(() => {})
    assert.equal(await client.api(`uuid_exists ${leg}`), 'true')
    const again = (await client.bgapi('originate loopback/9196/agents &park()')).replace(/^\+OK /, '').trim()
    await client.api(`uuid_record ${again} start ${join(small, 'none.wav')}`).catch(() => {})
    assert.equal(
      await client.api(`uuid_exists ${again}`),
      'true',
      'one that cannot even begin its recording goes on too',
    )
    await stage.read('root', '/admin/recordings')
    await stage.says(
      'chief',
      '/supervisor',
      /El disco de grabaciones está lleno \(0,0 GB libres\): las llamadas siguen/,
    )
    for (const one of [leg, again]) await client.api(`uuid_kill ${one}`)
  })
})
