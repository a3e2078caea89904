// Which boards can be: whatever comes is read here before it is kept or drawn.
import { Value } from 'typebox/value'
import { inside, overlap } from './grid.ts'
import { type Design, DesignSchema, type Kind, type Tile, tileSchemas } from './schema.ts'
import { showable, shownOf } from './shown.ts'
import { classic } from './templates.ts'

/** Where a design is wrong (`pages/0/tiles/2/show`) -> code of `wallboards.fault.<code>`. */
export type DesignFaults = Record<string, FaultCode>
export type FaultCode =
  | 'bad'
  | 'kind'
  | 'show'
  | 'queues'
  | 'target'
  | 'limits'
  | 'outside'
  | 'overlap'
  | 'twice'
  | 'too_long'

/** As it is kept, in one column of the smallest text that databases have. */
const mostBytes = 60_000

/** A design as it may be kept, or what is wrong with it. */
export function readDesign(
  value: unknown,
): { design: Design; faults?: undefined } | { design?: undefined; faults: DesignFaults } {
  const faults: DesignFaults = {}
  const fault = (path: string, code: FaultCode) => {
    faults[path] ??= code
  }
  if (!isShort(value)) return { faults: { '': 'too_long' } }
  if (!Value.Check(DesignSchema, value)) {
    for (const { instancePath } of Value.Errors(DesignSchema, value)) fault(instancePath.slice(1), 'bad')
    return { faults }
  }
  const ids = new Set<string>()
  const once = (id: string, path: string) => (ids.has(id) ? fault(`${path}/id`, 'twice') : ids.add(id))
  for (const [number, page] of value.pages.entries()) {
    once(page.id, `pages/${number}`)
    const placed: Tile[] = []
    for (const [at, one] of page.tiles.entries()) {
      const path = `pages/${number}/tiles/${at}`
      const tile = readTile(one, path, fault)
      if (!tile) continue
      once(tile.id, path)
      if (placed.some((other) => overlap(other, tile))) fault(path, 'overlap')
      placed.push(tile)
    }
  }
  return Object.keys(faults).length > 0 ? { faults } : { design: value as unknown as Design }
}

/** Before anything else looks at it: what comes may be of any length and depth. */
function isShort(value: unknown): boolean {
  try {
    return Buffer.byteLength(JSON.stringify(value) ?? '') <= mostBytes
  } catch {
    return false
  }
}

function readTile(value: object, path: string, fault: (path: string, code: FaultCode) => void): Tile | undefined {
  const { kind } = value as { kind?: unknown }
  const schema = typeof kind === 'string' && Object.hasOwn(tileSchemas, kind) ? tileSchemas[kind as Kind] : undefined
  if (!schema) {
    fault(`${path}/kind`, 'kind')
    return undefined
  }
  if (!Value.Check(schema, value)) {
    for (const { instancePath } of Value.Errors(schema, value)) fault(`${path}${instancePath}`, 'bad')
    return undefined
  }
  const tile = value as Tile
  if (!inside(tile)) fault(path, 'outside')
  if ('queueIds' in tile && new Set(tile.queueIds).size < tile.queueIds.length) fault(`${path}/queueIds`, 'bad')
  if (tile.kind === 'figure' || tile.kind === 'gauge' || tile.kind === 'trend') {
    const shown = shownOf(tile.show)
    if (!shown || !showable[tile.kind].includes(shown)) fault(`${path}/show`, 'show')
    if (shown && shown.of !== 'queue' && tile.queueIds.length > 0) fault(`${path}/queueIds`, 'queues')
    if (tile.kind !== 'trend') {
      const { tone } = tile
      if (tone.kind === 'target' && !shown?.level) fault(`${path}/tone`, 'target')
      if (tone.kind === 'limits' && (tone.better === 'higher' ? tone.bad > tone.warn : tone.bad < tone.warn))
        fault(`${path}/tone`, 'limits')
    }
  }
  return tile
}

/**
 * The design of a board as it was kept: also of one made before boards had designs (`{title, queueIds}`), and of one that cannot
 * be read any more, which is shown as the classic one.
 */
export function designOf(kept: string): Design {
  let value: unknown
  try {
    value = JSON.parse(kept)
  } catch {
    return classic()
  }
  const { design } = readDesign(value)
  if (design) return design
  const old = (typeof value === 'object' && value !== null ? value : {}) as { title?: unknown; queueIds?: unknown }
  const first = Array.isArray(old.queueIds) ? old.queueIds[0] : undefined
  return classic({
    title: typeof old.title === 'string' ? old.title.slice(0, 60) : '',
    queueIds: Number.isInteger(first) && first > 0 && first <= 2_147_483_647 ? [first] : [],
  })
}
