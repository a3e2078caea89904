import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { followServers, type Snapshot } from './follow.ts'
import { defaultSite, writeSite } from './site.ts'

let home: string
before(async () => {
  home = await mkdtemp(join(tmpdir(), 'vera-follow-'))
})
after(() => rm(home, { recursive: true, force: true }))

const hash = '0123456789abcdef0123456789abcdef'
const snapshot: Snapshot = {
  domain: 'vera.local',
  users: [{ extension: '1001', name: '"><x $${run_dir}', a1Hash: hash, webA1Hash: hash, autoAnswer: true }],
  gateways: [],
  addresses: ['192.0.2.0/24'],
}

test('writes what the first server that answers says, and tells the switch only what changed', async () => {
  const site = {
    ...defaultSite(home),
    servers: ['http://down.example', 'http://up.example'],
    switchSecret: 'x'.repeat(16),
  }
  const commands: string[] = []
  const said: string[] = []
  const asked: string[] = []
  let reply: () => Response = () => Response.json(snapshot)
  const follower = followServers({
    site,
    command: async (text) => {
      commands.push(text)
      return '+OK'
    },
    say: (line) => said.push(line),
    fetch: async (url, init) => {
      asked.push(String(url))
      assert.equal(new Headers(init?.headers).get('authorization'), `Basic ${btoa(`vera:${'x'.repeat(16)}`)}`)
      if (String(url).includes('down')) throw new TypeError('refused')
      return reply()
    },
    everyMs: 1e9,
  })
  try {
    assert.equal(await follower.ask(), 'changed')
    assert.deepEqual(asked, ['http://down.example/freeswitch/snapshot', 'http://up.example/freeswitch/snapshot'])
    assert.deepEqual(commands.splice(0), [
      'reloadxml',
      'global_setvar vera_everyone=user/1001@vera.local',
      'reloadacl',
      'sofia profile trunk rescan',
    ])
    const file = join(home, 'directory', 'agents.xml')
    const text = await readFile(file, 'utf8')
    assert.ok(text.includes('<user id="1001-web">') && !text.includes('$${run_dir}') && !text.includes('"><x'))
    assert.ok(text.includes('sip_auto_answer=true') && text.includes('sofia/agents/1001-web%vera.local'))
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    assert.equal(await follower.ask(), 'same')
    assert.deepEqual(commands, [])

    // A value that the switch could misread is kept out, and what there is stays.
    for (const bad of [{ users: [{ extension: '1001"', name: '' }] }, { addresses: ['any'] }, { domain: 'other' }]) {
      reply = () => Response.json({ ...snapshot, ...bad })
      const result = await follower.ask().catch((error: Error) => error.message)
      assert.ok(result !== 'changed' && result !== 'same', String(result))
      assert.equal(await readFile(file, 'utf8'), text)
    }

    reply = () => new Response('', { status: 401 })
    assert.equal(await follower.ask(), 'refused')
    assert.match(said.at(-1) ?? '', /SWITCH_SECRET/)
    reply = () => new Response('', { status: 403 })
    assert.equal(await follower.ask(), 'refused')
    assert.match(said.at(-1) ?? '', /FREESWITCH_URL/)
    assert.deepEqual(commands, [], 'who refuses still answers: the switch goes on asking')

    reply = () => {
      throw new TypeError('refused')
    }
    await follower.ask()
    await follower.ask()
    assert.deepEqual(commands.splice(0), ['unload mod_xml_curl'])
    reply = () => Response.json(snapshot)
    assert.equal(await follower.ask(), 'same')
    assert.deepEqual(commands.splice(0), ['load mod_xml_curl'])
    assert.equal(await readFile(file, 'utf8'), text)
  } finally {
    follower.stop()
  }
})

test('the site: no invented phones where servers name them, a secret is needed, certificates must be there', async () => {
  const folder = join(home, 'other')
  const site = { ...defaultSite(folder), servers: ['https://vera.example:3000/x'] }
  await assert.rejects(writeSite(site), /SWITCH_SECRET/)
  await writeSite({ ...site, switchSecret: 'x'.repeat(20) })
  const curl = await readFile(join(folder, 'xml_curl.conf.xml'), 'utf8')
  assert.match(curl, /value="https:\/\/vera.example:3000\/freeswitch\/ask" bindings="directory\|configuration"/)
  assert.match(curl, /enable-cacert-check/)
  assert.match(await readFile(join(folder, 'modules.xml'), 'utf8'), /mod_xml_curl/)
  assert.ok(!(await readFile(join(folder, 'directory', 'agents.xml'), 'utf8')).includes('<user '))
  await assert.rejects(writeSite({ ...site, switchSecret: 'a'.repeat(20), servers: ['ftp://x'] }), /VERA_SERVERS/)
  await assert.rejects(writeSite({ ...defaultSite(folder), tlsDir: folder }), /agent\.pem is missing/)
  await writeSite(defaultSite(folder))
  assert.ok(!(await readFile(join(folder, 'modules.xml'), 'utf8')).includes('load'))
  assert.ok((await readdir(folder)).every((name) => !name.endsWith('.new')))
})
