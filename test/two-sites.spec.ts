// Two whole servers over one MariaDB and switches of two sites, each a process of its own that is killed in turn: on embedded
// switches always, on FreeSWITCH where FREESWITCH_BIN names one. VERA_LONG=1: also what takes minutes.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser } from './two-sites/browser.ts'
import { type Caller, waits } from './two-sites/callers.ts'
import { numbers } from './two-sites/centre.ts'
import { type NodesAnswer, ownerAt, type Stage, setStage, until } from './two-sites/stage.ts'
import { noRealSwitch } from './two-sites/switches.ts'

type Now = { waiting: number; agents: { name: string; state: string; number?: string }[]; calls: { number: string }[] }
type Live = { readonly model: Now | undefined; close(): void }

const noDatabase = process.env.TEST_MARIADB_URL ? undefined : 'no MariaDB on this machine'

for (const on of ['embedded', 'real'] as const) {
  const skip = noDatabase ?? (on === 'real' ? noRealSwitch : undefined) ?? false
  describe(`two sites on ${on} switches`, { skip, timeout: 600_000 }, () => {
    let stage: Stage
    let administrator: Browser
    let screens: Record<'a' | 'b', Live>
    const talkers: Caller[] = []
    let next = 0
    const from = () => `34245${String(100_000 + ++next)}`
    const agents: Record<string, Browser> = {}
    const stateOf = (live: Live, extension: string) =>
      live.model?.agents.find(({ name }) => name === `Agente ${extension}`)?.state
    const told = (figure: string) => console.log(`# ${on}: ${figure}`)

    async function seat(server: 'a' | 'b', extension: string): Promise<void> {
      const agent = await stage.at(server, `agente${extension}`)
      agents[extension] = agent
      await agent.post('/api/agent/state', { state: 'ready' })
    }
    async function call(node: 'a1' | 'a2' | 'b1', to: string, number = from()): Promise<Caller> {
      const caller = stage.callers[node].call(number, to)
      await until(`a call at ${node}`, () => caller.far !== '')
      return caller
    }
    /** Waits in the queue before anybody else is called: who called first need not get there first. */
    async function wait(node: 'a1' | 'b1'): Promise<Caller> {
      const caller = await call(node, numbers.queue)
      await until(`the caller at ${node} waits`, () => waits(caller))
      return caller
    }
    const counted = async (kind: string, caller: Caller) =>
      Number((await stage.db.knex('facts').where({ kind, interaction_id: caller.far }).count({ n: '*' }).first())?.n)

    before(async () => {
      stage = await setStage(on)
      administrator = await stage.at('a', 'administrator')
      const supervisor = await stage.at('a', 'supervisor')
      screens = {
        a: await supervisor.watch<Now>('supervisor.now'),
        b: await stage.same('b', supervisor).watch<Now>('supervisor.now'),
      }
      await until('callers are ready', () => Object.values(stage.callers).every((one) => one.up()))
    })
    after(async () => {
      for (const screen of Object.values(screens ?? {})) screen.close()
      await stage?.stop()
    })

    it('one routes, both say who, and a session of one is good at the other', async () => {
      const other = stage.same('b', administrator)
      await until('both see both', async () => {
        const said = await Promise.all([administrator, other].map((one) => one.get<NodesAnswer>('/api/nodes')))
        return said.every(({ servers, nodes }) => servers.length === 2 && nodes.every(({ state }) => state === 'up'))
      })
      assert.deepEqual(await Promise.all([ownerAt(administrator), ownerAt(other)]), ['a', 'a'])
    })

    it('a caller of one switch talks to an agent of the other switch, signed in at the other server', async () => {
      await seat('b', '1002')
      await until('both screens know', () =>
        Object.values(screens).every((one) => stateOf(one, '1002') === 'available'),
      )
      const caller = await call('a1', numbers.queue)
      talkers.push(caller)
      await until('they talk', () => caller.talking)
      const late = await until('the other server’s screen shows it', () => stateOf(screens.b, '1002') === 'talking')
      told(`screen of the other server ${late} ms after the join`)
      await until('and ours', () => stateOf(screens.a, '1002') === 'talking')
      const { nodes } = await administrator.get<NodesAnswer>('/api/nodes')
      assert.ok(
        nodes.find(({ name }) => name === 'a2')!.calls >= 1,
        `the phone rings where it is: ${JSON.stringify(nodes)}`,
      )
      assert.equal(await counted('talk.began', caller), 1)
    })

    it('kill -9 of the one that routes: the other does within 10 s, and nobody is lost', async () => {
      const waiting = [await wait('a1'), await wait('b1')]
      const inFlow = await call('a2', numbers.menu)
      await until('it hears the menu', () => inFlow.heard.length > 0)
      const numbersOf = ({ model }: Live) => (model?.calls ?? []).map(({ number }) => number)
      await until('one line over both switches, on both screens', () =>
        Object.values(screens).every((one) => numbersOf(one).join() === waiting.map((one) => one.from).join()),
      )
      const other = stage.same('b', administrator)
      await stage.kill('a')
      const gap = await until('the other one routes', async () => (await ownerAt(other)) === 'b')
      told(`${gap} ms from kill -9 until the other server routed`)
      assert.ok(gap < 10_000)
      assert.ok(talkers[0]!.talking && !talkers[0]!.ended, 'the talk goes on')
      await until(
        'the line is what it was',
        () => numbersOf(screens.b).join() === waiting.map((one) => one.from).join(),
      )
      await seat('b', '1004')
      const joined = await until('the first in line is joined', () => waiting[0]!.talking)
      told(`who waited talked ${joined} ms after an agent was ready`)
      assert.ok(waits(waiting[1]!), 'the second waits on')
      const heard = inFlow.heard.length
      // What the switch was told to do it does to its end: to a key, or to the menu's time.
      await stage.callers.a2.press(inFlow, '1')
      await until(
        'the menu is said again, by the other server',
        // After the kill it heard music first.
        () => inFlow.heard.slice(heard).some((one) => !/local_stream/.test(one)),
      )
      await stage.callers.a2.press(inFlow, '1')
      await until('its key counts', () => waits(inFlow))
      talkers.push(waiting[0]!)
      for (const one of [waiting[1]!, inFlow]) {
        await stage.callers[one === inFlow ? 'a2' : 'b1'].hangUp(one)
        await until('ended', () => one.ended !== undefined)
        await until('ended once', async () => (await counted('interaction.ended', one)) === 1)
      }
    })

    it('the killed one comes back and follows', async () => {
      await stage.start('a')
      administrator = await stage.at('a', 'administrator')
      assert.equal(await ownerAt(administrator), 'b')
      screens.a.close()
      screens.a = await (await stage.at('a', 'supervisor')).watch<Now>('supervisor.now')
      await until('it shows the same', () => ['1002', '1004'].every((one) => stateOf(screens.a, one) === 'talking'))
      assert.ok(talkers.every(({ talking }) => talking))
    })

    it('a switch dies: its callers are closed, who calls again has the place of before, the others feel nothing', async () => {
      const [lost, later] = [await wait('b1'), await wait('a1')]
      const order = () => (screens.a.model?.calls ?? []).map(({ number }) => number)
      const first = [lost.from, later.from]
      await until(
        'in this order',
        () => order().join() === first.join(),
        () => ({ order: order(), first }),
      )
      await stage.switches.kill('b1')
      await until('the lost one is out of the line', () => order().join() === later.from)
      await stage.switches.start('b1')
      const closed = await until(
        'the lost call is closed',
        async () => (await counted('interaction.ended', lost)) === 1,
      )
      told(`the call of the lost switch was closed ${closed} ms after it started again`)
      const again = await call('a2', numbers.queue, lost.from)
      await until('before who came later', () => order().join() === [again.from, later.from].join())
      assert.ok(talkers[0]!.talking, 'the other switches’ talk goes on')
      for (const [node, one] of [
        ['a2', again],
        ['a1', later],
      ] as const)
        await stage.callers[node].hangUp(one)
      await until('nobody waits', () => screens.b.model?.waiting === 0)
    })

    it('a switch that is drained refuses new calls at once, on both servers’ word, and keeps its own', async () => {
      assert.equal(await administrator.form('/admin/nodes/a2/draining', { on: 'true' }), 303)
      const other = stage.same('b', administrator)
      await until('the other server knows', async () =>
        (await other.get<NodesAnswer>('/api/nodes')).nodes.some(({ name, draining }) => name === 'a2' && draining),
      )
      const refused = stage.callers.a2.call(from(), numbers.queue)
      await until('refused', () => refused.ended !== undefined)
      assert.ok(talkers[0]!.talking, 'the phone at the drained switch talks on')
      assert.equal(await administrator.form('/admin/nodes/a2/draining', { on: 'false' }), 303)
      const welcome = await call('a2', numbers.queue)
      await until('welcome again', () => waits(welcome))
      await stage.callers.a2.hangUp(welcome)
    })

    it('everything was counted, recorded, mailed and verified once', async () => {
      for (const one of talkers) await Promise.all(Object.values(stage.callers).map((callers) => callers.hangUp(one)))
      const { knex } = stage.db
      const twice = async (table: string, by: string[], where: object = {}) =>
        knex(table).where(where).groupBy(by).having(knex.raw('count(*) > 1')).select(by)
      await until('nothing is open', async () => !(await knex('interactions').whereNull('ended_at').first()))
      for (const kind of ['interaction.created', 'interaction.ended', 'interaction.answered'])
        assert.deepEqual(await twice('facts', ['interaction_id'], { kind }), [], kind)
      const talks = await knex('talk_segments').select('interaction_id', 'ended_at')
      assert.equal(talks.length, 2)
      assert.ok(talks.every(({ ended_at }) => ended_at !== null))
      await until('all records are imported', async () => {
        const { n } = (await knex('call_records')
          .whereIn(
            'uuid',
            talkers.map(({ far }) => far),
          )
          .count({ n: '*' })
          .first()) as { n: number }
        return Number(n) === 2
      })
      assert.deepEqual(await twice('call_records', ['uuid']), [])
      // One, or two where the hour struck meanwhile.
      await until('each run was mailed', async () => {
        const states = await knex('schedule_runs').pluck('state')
        return states.length > 0 && states.every((state) => state === 'sent')
      })
      const due = Number((await knex('schedule_runs').count({ n: '*' }).first())?.n)
      assert.equal(stage.mails.length, due)
      assert.deepEqual(await twice('schedule_runs', ['schedule_id', 'due_at']), [])
      assert.deepEqual(await twice('recording_runs', ['kind', 'run_key']), [])
      const alarms = await knex('alarms').select('code', 'message')
      assert.deepEqual(alarms, [])
      await stage.stopServers()
    })
  })
}
