import { setVariableCommand } from '../esl/index.ts'
import { type Leg, setAll, whileAlive } from './leg.ts'

/** Sets all or, when one of them is unsafe, none. See LiveCall.setVariables. */
export async function setVariables(leg: Leg, values: Readonly<Record<string, string>>): Promise<boolean> {
  for (const [name, value] of Object.entries(values)) setVariableCommand(leg.session.uuid, name, value)
  return setAll(leg, values)
}

/** See LiveCall.getVariable. */
export function getVariable(leg: Leg, name: string): Promise<string | undefined> {
  return whileAlive(leg, () => leg.session.getVariable(name))
}
