// The designer by keyboard alone.
import type { Kind, Tile } from '../schema.ts'

export type KeyOrders = {
  order(name: 'save' | 'undo' | 'redo' | 'remove' | 'copy' | 'leave'): void
  /** The tile that has the focus becomes the chosen one. */
  tile(id: string): Tile | undefined
  move(tile: Tile, dx: number, dy: number): void
  size(tile: Tile, dw: number, dh: number): void
  /** To the questions about the chosen tile. */
  panel(): void
  add(kind: Kind): void
}

const arrows: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}
/** What is typed there is the field's own business, also how it is taken back. */
const writes = (target: Element) =>
  target.matches('textarea, select, input:not([type=checkbox], [type=radio])') || target.closest('dialog') !== null

export function keysOf(root: HTMLElement, orders: KeyOrders): void {
  root.addEventListener('keydown', (event) => {
    const target = event.target as HTMLElement
    const did = command(event, target, orders) || onTile(event, target, orders) || onPalette(event, target, orders)
    if (did) event.preventDefault()
  })
  // With no field in focus the keys go to the body.
  document.body.addEventListener('keydown', (event) => {
    if (event.target === document.body && command(event, document.body, orders)) event.preventDefault()
  })
}

function command(event: KeyboardEvent, target: Element, { order }: KeyOrders): boolean {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return false
  const key = event.key.toLowerCase()
  if (key === 's') order('save')
  else if (writes(target)) return false
  else if (key === 'z') order(event.shiftKey ? 'redo' : 'undo')
  else if (key === 'y') order('redo')
  else return false
  return true
}

function onTile(event: KeyboardEvent, target: HTMLElement, orders: KeyOrders): boolean {
  if (!target.classList.contains('designer-tile') || event.altKey) return false
  const tile = orders.tile(target.id.slice('sheet-'.length))
  if (!tile) return false
  const ctrl = event.ctrlKey || event.metaKey
  const arrow = ctrl ? undefined : arrows[event.key]
  if (arrow) event.shiftKey ? orders.size(tile, ...arrow) : orders.move(tile, ...arrow)
  else if (ctrl && event.key.toLowerCase() === 'd') orders.order('copy')
  else if (ctrl) return false
  else if (event.key === 'Delete' || event.key === 'Backspace') orders.order('remove')
  else if (event.key === 'Enter' || event.key === ' ') orders.panel()
  else if (event.key === 'Escape') orders.order('leave')
  else return false
  return true
}

function onPalette(event: KeyboardEvent, target: HTMLElement, { add }: KeyOrders): boolean {
  const { kind } = target.dataset
  if (!target.classList.contains('palette-tile') || !kind || (event.key !== 'Enter' && event.key !== ' ')) return false
  add(kind as Kind)
  return true
}
