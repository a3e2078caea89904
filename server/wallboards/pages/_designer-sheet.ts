// The sheet: the tiles of one page on gridstack's grid, dragged, sized, dropped from the palette. It knows elements, no design.
import { type GridItemHTMLElement, GridStack, type GridStackNode } from 'gridstack'
import { morph } from '../../http/browser/index.ts'
import { columns, type Place, rows } from '../grid.ts'
import type { Kind, Tile } from '../schema.ts'
import { kinds } from '../templates.ts'

export type Sheet = {
  /** Shows these tiles, each where it is; those of before that are not among them go. */
  show(tiles: readonly Tile[], look: (tile: Tile) => Look): void
  /** The element that is focused and chosen. */
  element(id: string): HTMLElement | undefined
}
/** What a tile looks like: its name for screen readers, its drawing, what is wrong with it. */
export type Look = { name: string; chosen: boolean; fault: string | undefined; markup: string }
export type SheetEvents = {
  chosen(id: string): void
  /** Where all tiles stand after a drag: others may have been pushed. */
  moved(places: Map<string, Place>): void
  dropped(kind: Kind, place: Place, others: Map<string, Place>): void
  /** Let go over the sheet where a tile of its usual size has no room. */
  crowded(kind: Kind): void
}

const placeOf = ({ x = 0, y = 0, w = 1, h = 1 }: Partial<Place>): Place => ({ x, y, w, h })

export function createSheet(holder: HTMLElement, palette: HTMLElement[], events: SheetEvents): Sheet {
  const frame = holder.querySelector('.designer-frame') as HTMLElement
  const board = document.createElement('div')
  board.className = 'grid-stack'
  frame.append(board)
  const grid = GridStack.init(
    {
      ...{ column: columns, row: rows, mode: 'float', animate: false, margin: 0, cellHeight: 10 },
      ...{ acceptWidgets: '.palette-tile', disableOneColumnMode: true },
      resizable: { handles: 'e,se,s,sw,w,n,ne,nw' },
    } as Parameters<typeof GridStack.init>[0],
    board,
  ) as GridStack
  const items = new Map<string, GridItemHTMLElement>()
  /** While we place tiles ourselves nothing of it is news. */
  let placing = false
  /** While a person has hold of one, all of them stand where the grid has them. */
  let held = false

  let landed = false
  const release = (event: Event) => {
    held = false
    const { clientX, clientY } = event as MouseEvent
    const kind = (event.target as HTMLElement).closest<HTMLElement>('.palette-tile')?.dataset.kind as Kind | undefined
    const { left, right, top, bottom } = holder.getBoundingClientRect()
    const over = clientX >= left && clientX <= right && clientY >= top && clientY <= bottom
    // When the grid has had its turn.
    setTimeout(() => {
      if (!landed && over && kind) events.crowded(kind)
      landed = false
    })
  }
  GridStack.setupDragIn(
    palette,
    {
      appendTo: 'body',
      helper: (source: HTMLElement) => ghost(source, grid),
      start: () => {
        held = true
      },
      stop: release,
    },
    palette.map((one) => ({ ...kinds[one.dataset.kind as Kind] })),
  )
  const places = () => {
    const found = new Map<string, Place>()
    for (const node of grid.engine.nodes) if (node.id && items.has(node.id)) found.set(node.id, placeOf(node))
    return found
  }
  for (const begins of ['dragstart', 'resizestart'] as const)
    grid.on(begins, () => {
      held = true
    })
  for (const ends of ['dragstop', 'resizestop'] as const)
    grid.on(ends, () => {
      held = false
    })
  grid.on('change', () => {
    if (!placing) events.moved(places())
  })
  grid.on('dropped', (_event: Event, _before: GridStackNode | undefined, node: GridStackNode) => {
    landed = true
    const kind = node.el?.dataset.kind as Kind | undefined
    const place = placeOf(node)
    placing = true
    if (node.el) grid.removeWidget(node.el, true, false)
    placing = false
    if (kind) events.dropped(kind, place, places())
  })
  board.addEventListener('click', (event) => {
    const id = (event.target as Element).closest<GridItemHTMLElement>('.grid-stack-item')?.gridstackNode?.id
    if (id) events.chosen(id)
  })

  // Cells are as high as the sheet has room for: an urgent announcement takes some of it.
  const measure = () => {
    const unit = holder.clientWidth / 100
    holder.style.setProperty('--u', `${unit}px`)
    // As on the glass: the gap between tiles, half of it on each side.
    grid.margin((unit * 0.75) / 2)
    if (board.parentElement) grid.cellHeight(board.parentElement.clientHeight / rows)
  }
  const watch = new ResizeObserver(measure)
  watch.observe(holder)
  watch.observe(frame)
  measure()

  const add = (tile: Tile): GridItemHTMLElement => {
    const item = document.createElement('div') as GridItemHTMLElement
    item.className = 'grid-stack-item'
    const content = document.createElement('div')
    content.className = 'grid-stack-item-content designer-tile'
    content.id = `sheet-${tile.id}`
    content.tabIndex = 0
    content.setAttribute('role', 'group')
    content.setAttribute('aria-describedby', 'designer-keys')
    const face = document.createElement('div')
    face.className = 'designer-face'
    // A picture here: nothing in it is pressed or read on its own.
    face.inert = true
    content.append(face)
    item.append(content)
    board.append(item)
    grid.makeWidget(item, { id: tile.id, ...placeOf(tile), ...least(tile.kind) })
    items.set(tile.id, item)
    return item
  }

  return {
    element: (id) => items.get(id)?.querySelector<HTMLElement>('.designer-tile') ?? undefined,
    show(tiles, look) {
      for (const tile of held ? tiles : []) {
        const item = items.get(tile.id)
        if (item) dress(item, look(tile))
      }
      if (held) return
      placing = true
      const wanted = new Map(tiles.map((tile) => [tile.id, tile]))
      grid.batchUpdate()
      for (const [id, item] of items)
        if (!wanted.has(id)) {
          grid.removeWidget(item, true, false)
          items.delete(id)
        }
      // First all of them out of each other's way, so that none pushes another.
      const off = tiles.filter(({ id, ...tile }) => {
        const node = items.get(id)?.gridstackNode
        return node && (node.x !== tile.x || node.y !== tile.y || node.w !== tile.w || node.h !== tile.h)
      })
      for (const { id } of off) grid.removeWidget(items.get(id) as GridItemHTMLElement, false, false)
      for (const tile of off)
        grid.makeWidget(items.get(tile.id) as GridItemHTMLElement, {
          id: tile.id,
          ...placeOf(tile),
          ...least(tile.kind),
        })
      for (const tile of tiles) {
        const item = items.get(tile.id) ?? add(tile)
        dress(item, look(tile))
      }
      grid.batchUpdate(false)
      placing = false
    },
  }
}

const least = (kind: Kind) => ({ minW: kinds[kind].minW, minH: kinds[kind].minH })

function dress(item: HTMLElement, { name, chosen, fault, markup }: Look): void {
  const content = item.querySelector('.designer-tile') as HTMLElement
  content.setAttribute('aria-label', name)
  content.setAttribute('aria-current', String(chosen))
  item.classList.toggle('is-chosen', chosen)
  item.classList.toggle('is-wrong', fault !== undefined)
  morph(content.querySelector('.designer-face') as HTMLElement, markup)
  content.querySelector('.designer-tile-fault')?.remove()
  if (fault === undefined) return
  const said = document.createElement('p')
  said.className = 'designer-tile-fault'
  said.textContent = fault
  content.append(said)
}

/** What is under the pointer on its way from the palette: as large as the tile will be. */
function ghost(source: HTMLElement, grid: GridStack): HTMLElement {
  const { w, h } = kinds[source.dataset.kind as Kind]
  const made = source.cloneNode(true) as HTMLElement
  made.classList.add('is-ghost')
  made.removeAttribute('tabindex')
  made.style.width = `${grid.cellWidth() * w}px`
  made.style.height = `${grid.getCellHeight(true) * h}px`
  return made
}
