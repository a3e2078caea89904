import { after, before, describe } from 'node:test'
import { conferences } from './contract/conferences.ts'
import { endings } from './contract/endings.ts'
import { entry } from './contract/entry.ts'
import { keys } from './contract/keys.ts'
import { limits } from './contract/limits.ts'
import { reaching } from './contract/reaching.ts'
import { recordings } from './contract/recordings.ts'
import { sounds } from './contract/sounds.ts'
import { Stage, type StartSwitch } from './contract/stage.ts'
import { supervising } from './contract/supervising.ts'
import { variables } from './contract/variables.ts'
import { waiting } from './contract/waiting.ts'

export type { StartSwitch, SwitchUnderTest } from './contract/stage.ts'

/** The dialplan of the phones of the contract, for switches that have no simulated ones. */
export const contractPhones = `<include>
<context name="phones">
<extension name="answers"><condition field="destination_number" expression="^1001$"><action application="ring_ready"/><action application="sleep" data="300"/><action application="answer"/><action application="park"/></condition></extension>
<extension name="busy"><condition field="destination_number" expression="^1002$"><action application="hangup" data="USER_BUSY"/></condition></extension>
<extension name="rings"><condition field="destination_number" expression="^1003$"><action application="ring_ready"/><action application="sleep" data="60000"/></condition></extension>
<extension name="one_at_a_time"><condition field="destination_number" expression="^21(..)$"><action application="limit" data="hash contract $1 1 over XML phones"/><action application="answer"/><action application="park"/></condition></extension>
<extension name="refused"><condition field="destination_number" expression="^22(..)$"><action application="limit" data="hash contract $1 1 !CALL_REJECTED"/><action application="answer"/><action application="park"/></condition></extension>
<extension name="two_a_minute"><condition field="destination_number" expression="^23(..)$"><action application="limit" data="hash contract $1 2/60 !NORMAL_CIRCUIT_CONGESTION"/><action application="answer"/><action application="park"/></condition></extension>
<extension name="kept"><condition field="destination_number" expression="^24(..)$"><action application="set" data="limit_ignore_transfer=true"/><action application="limit" data="hash contract $1 9"/><action application="answer"/><action application="park"/></condition></extension>
<extension name="over"><condition field="destination_number" expression="^over$"><action application="answer"/><action application="set" data="was_over=true"/><action application="park"/></condition></extension>
</context>
</include>
`

/** What the embedded switch and a real FreeSWITCH must both do, by subject. */
const subjects = {
  entry,
  sounds,
  keys,
  recordings,
  variables,
  waiting,
  reaching,
  endings,
  limits,
  supervising,
  conferences,
}

/** Runs the contract on a switch. */
export function switchContract(name: string, start: StartSwitch): void {
  describe(`switch contract: ${name}`, () => {
    const stage = new Stage()
    before(() => stage.begin(start))
    after(() => stage.end())
    for (const [subject, tests] of Object.entries(subjects)) describe(subject, () => tests(stage))
  })
}
