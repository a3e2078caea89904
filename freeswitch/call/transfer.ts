import { extensionName } from '../esl/index.ts'
import { type Leg, whileAlive } from './leg.ts'

/** See LiveCall.transfer; true when the leg really left. */
export async function transfer(leg: Leg, extension: string, context: string): Promise<boolean> {
  const command = `uuid_transfer ${leg.session.uuid} ${extensionName(extension)} XML ${extensionName(context)}`
  return (await whileAlive(leg, () => leg.session.api(command))) !== undefined
}
