import assert from 'node:assert/strict'
import { it } from 'node:test'
import { type ConfigError, loadConfig, readConfig } from './config.ts'

const faultsOf = (env: Record<string, string>, files = {}) => {
  try {
    readConfig(env, files)
    return []
  } catch (error) {
    return (error as ConfigError).faults
  }
}

it('is the try-out when nothing is configured', () => {
  const config = readConfig({})
  assert.equal(config.tryOut, true)
  assert.equal(config.demo, true)
  assert.equal(config.host, '127.0.0.1')
  assert.equal(config.port, 3000)
})

it('has no example and no default password outside of the try-out', () => {
  const config = readConfig({ DATABASE_URL: 'sqlite:/srv/vera.sqlite' })
  assert.deepEqual([config.tryOut, config.demo, config.demoPassword], [false, false, ''])
  assert.match(faultsOf({ DATABASE_URL: 'sqlite:x', DEMO: 'on' })[0] ?? '', /^DEMO_PASSWORD/)
})

it('keeps the try-out on loopback', () => {
  assert.match(faultsOf({ HOST: '0.0.0.0' })[0] ?? '', /^HOST: la prueba/)
  assert.deepEqual(faultsOf({ HOST: '0.0.0.0', DATABASE_URL: 'mysql://u:p@h/vera' }), [])
})

it('lists every fault at once, one line each, without secrets', () => {
  const faults = faultsOf({
    PORT: 'abc',
    DATABASE_URL: 'postgres://u:hunter2@h/x',
    FREESWITCH_URL: 'esl://:hunter2@h:8021,http://h',
    ROLE: 'king',
    TZ_DEFAULT: 'Mars/Olympus',
    SESSION_SECRET: 'hunter2',
    CALL_LISTEN: 'nowhere',
    SMTP_URL: 'http://hunter2@h',
  })
  assert.equal(faults.length, 8)
  for (const fault of faults) {
    assert.doesNotMatch(fault, /hunter2|\n/)
    assert.match(fault, /^[A-Z_]+: /)
  }
})

it('prefers the environment to .env to vera.toml and refuses unknown names', () => {
  const files = { toml: 'port = 1\nHOST = "127.0.0.2"\nlog_level = "debug"', dotenv: 'PORT=2\nLOG_LEVEL=warn' }
  const config = readConfig({ PORT: '3' }, files)
  assert.deepEqual([config.port, config.logLevel, config.host], [3, 'warn', '127.0.0.2'])
  assert.match(faultsOf({}, { toml: 'prot = 1' })[0] ?? '', /PROT/)
  assert.match(faultsOf({}, { toml: '= =' })[0] ?? '', /vera\.toml: no se puede leer/)
})

it('reads several switches and secrets from files', () => {
  const config = readConfig(
    {
      FREESWITCH_URL: 'esl://:a%40b@one:8021, esl://norte:c@two?sip=10.0.0.2&ws=6066&agents=6060&trunk=6080',
      SESSION_SECRET_FILE: '/run/s',
    },
    { read: () => `${'x'.repeat(40)}\n` },
  )
  assert.deepEqual(config.switches, [
    {
      host: 'one',
      port: 8021,
      password: 'a@b',
      name: 'fs1',
      sip: { host: 'one', agentsPort: 5060, wsPort: 5066, trunkPort: 5080, nodesPort: 5090 },
    },
    {
      host: 'two',
      port: 8021,
      password: 'c',
      name: 'norte',
      sip: { host: '10.0.0.2', agentsPort: 6060, wsPort: 6066, trunkPort: 6080, nodesPort: 5090 },
    },
  ])
  assert.equal(config.sessionSecret, 'x'.repeat(40))
})

it('knows of each switch where it shows certificates and from where its recordings come', () => {
  const more = 'wss=7443&tls=5061&recordings=https%3A%2F%2F%3As%2540s%40two%3A8090%2Frec%2F'
  const [one, two] = readConfig({ FREESWITCH_URL: `esl://:a@one?recordings=shared,esl://:b@two?${more}` }).switches
  assert.equal(one?.recordings, undefined)
  assert.deepEqual(two?.recordings, { url: 'https://two:8090/rec', secret: 's@s' })
  assert.deepEqual([two?.sip.wssPort, two?.sip.tlsPort, one?.sip.wssPort], [7443, 5061, undefined])
  const wrong = faultsOf({ FREESWITCH_URL: 'esl://:a@one?recordings=http%3A%2F%2Fhunter2.example%2Fx' })
  assert.match(wrong[0] ?? '', /recordings/)
  assert.doesNotMatch(wrong.join(), /hunter2/)
})

it('takes secrets out of the environment', () => {
  const env: NodeJS.ProcessEnv = { DATABASE_URL: 'mysql://u:p@h/vera', PORT: '1' }
  loadConfig('/nonexistent', env)
  assert.deepEqual(env, { PORT: '1' })
})

it('has several servers share their secrets', () => {
  const env = { DATABASE_URL: 'mysql://u:p@h/vera', CLUSTER_URL: 'http://10.0.0.1:3000' }
  assert.deepEqual(
    faultsOf(env).map((fault) => /el mismo (\w+)/.exec(fault)?.[1]),
    ['SESSION_SECRET', 'SWITCH_SECRET'],
  )
  assert.deepEqual(faultsOf({ ...env, SESSION_SECRET: 'x'.repeat(32), SWITCH_SECRET: 'y'.repeat(32) }), [])
})
