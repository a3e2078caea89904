import type { RedNode } from './red.ts'

const EVERY_MS = 300

/** What is shown under a node in the editor: calls in it now, or the last fault. Few updates, however many calls. */
export class NodeStatus {
  readonly #node: RedNode
  #calls = 0
  #fault = ''
  #timer: NodeJS.Timeout | undefined

  constructor(node: RedNode) {
    this.#node = node
  }

  entered(): void {
    this.#calls++
    this.#fault = ''
    this.#soon()
  }

  left(fault?: string): void {
    this.#calls--
    if (fault) this.#fault = fault
    this.#soon()
  }

  /** The configuration is not usable. */
  wrong(text: string): void {
    this.#node.status({ fill: 'red', shape: 'ring', text })
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      if (this.#fault) this.#node.status({ fill: 'red', shape: 'dot', text: this.#fault.slice(0, 60) })
      else if (this.#calls > 0) {
        const text = this.#calls === 1 ? '1 llamada' : `${this.#calls} llamadas`
        this.#node.status({ fill: 'green', shape: 'dot', text })
      } else this.#node.status({})
    }, EVERY_MS).unref()
  }
}
