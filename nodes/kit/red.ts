// The part of Node-RED's API that the kit uses; Node-RED ships no types.
import type { Platform } from './platform.ts'

export type RedNode = {
  id: string
  name: string
  type: string
  wires: string[][]
  on(event: 'input', listener: (message: object, send: unknown, done: (error?: Error) => void) => void): void
  on(event: 'close', listener: () => void): void
  send(messages: (object | null)[]): void
  status(status: { fill?: 'red' | 'green' | 'yellow' | 'blue' | 'grey'; shape?: 'ring' | 'dot'; text?: string }): void
}

export type NodeRed = {
  nodes: {
    registerType(type: string, make: (this: RedNode, config: Record<string, unknown>) => void): void
    createNode(node: RedNode, config: Record<string, unknown>): void
  }
  events: {
    once(event: string, listener: () => void): void
    off(event: string, listener: () => void): void
  }
  settings: { vera?: Platform }
}
