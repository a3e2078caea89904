// Texts that name whom to call, and from whom.
import assert from 'node:assert/strict'
import { commandLine, dialString, originateVariables } from '../../freeswitch/esl/index.ts'
import { each, refusedByEncoder, tally, type Way } from './ways.ts'

/** Caller's names and numbers, phones, lines and list columns, as the fleet and the campaigns would dial them. */
const originate: Way = {
  name: 'originate (originateVariables, dialString)',
  share: 120,
  async run(stand, texts) {
    const sum = tally()
    await each(texts, 16, async (text, at) => {
      let command: string
      try {
        const id = { origination_caller_id_name: at % 4 === 0 ? text : 'Vera', originate_timeout: 1 }
        const to = [
          { loopback: '1', context: 'fuzz_none' },
          { user: text, domain: 'vera.local' },
          { gateway: 'fuzz_none', number: text },
          { loopback: text, context: 'fuzz_none' },
        ][at % 4]!
        command = commandLine(`originate ${originateVariables(id)}${dialString(to)} &park()`)
      } catch (error) {
        if (refusedByEncoder(error, text)) sum.refused++
        return
      }
      // Nobody is there: the switch must try, say so, and run nothing more.
      await stand.client.bgapi(command).catch((error) => assert.equal(error.code, 'switch.refused'))
      sum.accepted++
    })
    return sum
  },
}

export const dialWays: Way[] = [originate]
