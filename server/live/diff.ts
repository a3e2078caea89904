// What changed from one JSON value to the next, small enough to be sent to hundreds of screens. Runs in browsers too.

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/**
 * `[value]`: the value itself. An object, over an object: name -> change, 0 where the name is gone. An object, over a list:
 * `o`, where its order or length changed, names the old places in their new order (`3`, `"5-9"`, or `[value]` for a new
 * one); `c` is place in the new list -> change.
 */
export type Patch = readonly [Json] | { readonly [name: string]: Patch | 0 } | ListPatch
type ListPatch = { readonly o?: readonly Place[]; readonly c?: { readonly [place: string]: Patch } }
type Place = number | string | readonly [Json]

const isObject = (value: Json): value is { readonly [name: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isList = (value: Json): value is readonly Json[] => Array.isArray(value)

/** The change that makes `after` of `before`; undefined where they are equal. */
export function diff(before: Json, after: Json): Patch | undefined {
  if (before === after) return undefined
  if (isList(before) && isList(after)) return diffLists(before, after)
  if (!isObject(before) || !isObject(after)) return [after]
  const changes: [string, Patch | 0][] = []
  for (const name of Object.keys(before)) if (!Object.hasOwn(after, name)) changes.push([name, 0])
  for (const [name, value] of Object.entries(after)) {
    const change = Object.hasOwn(before, name) ? diff(before[name] as Json, value) : ([value] as const)
    if (change !== undefined) changes.push([name, change])
  }
  // `fromEntries` and not assignment: a name may be `__proto__`.
  return changes.length === 0 ? undefined : Object.fromEntries(changes)
}

/** What rows are told apart by: their `id`, else their first name that ends in `Id`. */
function idsOf(list: readonly Json[]): Map<string, number> | undefined {
  const ids = new Map<string, number>()
  for (const [place, row] of list.entries()) {
    if (!isObject(row)) return undefined
    const name = Object.hasOwn(row, 'id') ? 'id' : Object.keys(row).find((one) => one.endsWith('Id'))
    const id = name === undefined ? undefined : row[name]
    if (typeof id !== 'string' && typeof id !== 'number') return undefined
    ids.set(`${name} ${typeof id} ${id}`, place)
  }
  return ids.size === list.length ? ids : undefined
}

function diffLists(before: readonly Json[], after: readonly Json[]): Patch | undefined {
  const [olds, news] = [idsOf(before), idsOf(after)]
  const from =
    olds && news
      ? [...news.keys()].map((id) => olds.get(id))
      : after.map((_, place) => (place < before.length ? place : undefined))
  const changes: [string, Patch][] = []
  for (const [place, old] of from.entries()) {
    if (old === undefined) continue
    const change = diff(before[old] as Json, after[place] as Json)
    if (change !== undefined) changes.push([String(place), change])
  }
  const same = before.length === after.length && from.every((old, place) => old === place)
  if (same && changes.length === 0) return undefined
  return {
    ...(same ? {} : { o: placesOf(from, after) }),
    ...(changes.length > 0 ? { c: Object.fromEntries(changes) } : {}),
  }
}

/** Neighbours that stay neighbours are one text. */
function placesOf(from: readonly (number | undefined)[], after: readonly Json[]): Place[] {
  const places: Place[] = []
  for (let at = 0; at < from.length; ) {
    const first = from[at]
    if (first === undefined) {
      places.push([after[at++] as Json])
      continue
    }
    let last = first
    while (from[++at] === last + 1) last++
    places.push(first === last ? first : `${first}-${last}`)
  }
  return places
}

/** The value after a change; what did not change is the same object as before. @throws TypeError for a change of another value */
export function patch(before: Json, change: Patch | undefined): Json {
  if (change === undefined) return before
  if (Array.isArray(change)) return change[0] as Json
  if (isList(before)) return patchList(before, change as ListPatch)
  if (!isObject(before)) throw new TypeError('the change is of another value')
  const changes = change as { readonly [name: string]: Patch | 0 }
  const kept = Object.entries(before).flatMap(([name, value]): [string, Json][] => {
    const one = Object.hasOwn(changes, name) ? changes[name] : undefined
    return one === 0 ? [] : [[name, patch(value, one)]]
  })
  const added = Object.entries(changes).flatMap(([name, one]): [string, Json][] =>
    Object.hasOwn(before, name) || one === 0 ? [] : [[name, patch(null, one)]],
  )
  return Object.fromEntries([...kept, ...added])
}

function patchList(before: readonly Json[], { o, c = {} }: ListPatch): Json {
  const list = o === undefined ? [...before] : o.flatMap((place): Json[] => placed(before, place))
  for (const [place, change] of Object.entries(c)) {
    if (!(Number(place) < list.length)) throw new TypeError('the change is of a longer list')
    list[Number(place)] = patch(list[Number(place)] as Json, change)
  }
  return list
}

function placed(before: readonly Json[], place: Place): Json[] {
  if (Array.isArray(place)) return [place[0] as Json]
  const [first, last = first] = String(place).split('-').map(Number) as [number, number?]
  if (!(last < before.length)) throw new TypeError('the change is of a longer list')
  return before.slice(first, last + 1)
}
