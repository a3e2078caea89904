import { callerNumber } from '../../../freeswitch/call/index.ts'
import { legId } from '../../../freeswitch/esl/index.ts'
import type { SwitchClient } from '../../../freeswitch/esl/types.ts'

/** A leg as the switch describes it: variables without prefix, and the headers of its state. */
export type Leg = {
  uuid: string
  variables: Record<string, string>
  /** Extension of the dialplan it is in. */
  destination: string
  answered: boolean
  from: string
  /** Its switch cannot be reached: it counts as living, and nothing can be done with it (freeswitch/fleet). */
  stale?: boolean
}

/** All legs of the switch, read one by one: the list lags behind by up to a second, so a row may be of a leg already gone. */
export async function readLegs(client: SwitchClient): Promise<Leg[]> {
  const list = JSON.parse(await client.api('show channels as json')) as { rows?: { uuid?: string }[] }
  const legs: Leg[] = []
  for (const { uuid } of list.rows ?? []) {
    const leg = uuid && (await readLeg(client, uuid))
    if (leg) legs.push(leg)
  }
  return legs
}

/** A leg by its variables; undefined when it is gone. */
export async function readLeg(client: SwitchClient, uuid: string): Promise<Leg | undefined> {
  let headers: Record<string, string>
  try {
    headers = JSON.parse(await client.api(`uuid_dump ${legId(uuid)} json`)) as Record<string, string>
  } catch (error) {
    // `-ERR No such channel!` and a description cut short both mean: not there to be served. The link's own faults do not.
    if (['switch.down', 'switch.timeout'].includes((error as { code?: string }).code ?? '')) throw error
    return undefined
  }
  const variables: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith('variable_')) variables[name.slice(9)] = String(value)
  }
  const state = headers['Channel-State'] ?? ''
  if (state === 'CS_HANGUP' || state === 'CS_REPORTING' || state === 'CS_DESTROY') return undefined
  return {
    uuid,
    variables,
    destination: headers['Caller-Destination-Number'] ?? '',
    answered: headers['Answer-State'] === 'answered',
    from: callerNumber(headers['Caller-Caller-ID-Number']),
    ...(headers['Vera-Stale'] === 'true' && { stale: true }),
  }
}
