// What the side panel shows: the questions about the chosen tile or, without one, about the page and the board; pure.
import type { Design, Page } from '../schema.ts'
import { type Asked, boardFields, type Field, nameOf, pageFields, tileFields } from './_fields.ts'

export type Fault = { path: string; text: string }

/** `faults` by tile; their paths are within it: `show`, `tone`, `queueIds`. */
export function panelOf(
  design: Design,
  page: Page,
  chosen: string | undefined,
  boardName: string,
  asked: Asked,
  faults: ReadonlyMap<string, readonly Fault[]>,
) {
  const { t } = asked
  const tile = page.tiles.find(({ id }) => id === chosen)
  if (tile) {
    const [kind, name] = [t(`wallboards.kind.${tile.kind}`), nameOf(tile, t)]
    const wrong = faults.get(tile.id) ?? []
    const fields = tileFields(tile, asked)
    // What is said beside its question is not said above as well.
    const besides = new Set<Fault>()
    const shown = fields.map((field): Field & { fault?: string } => {
      const fault = wrong.find(({ path }) => path !== '' && (field.name === path || field.name === `${path}.kind`))
      if (!fault || field.type === 'note') return field
      besides.add(fault)
      return { ...field, fault: fault.text }
    })
    return {
      heading: kind === name ? kind : t('wallboards.designer.tile_heading', { kind, name }),
      tile: true,
      faults: wrong.filter((fault) => !besides.has(fault)).map(({ text }) => text),
      sections: [{ fields: shown }],
    }
  }
  const at = design.pages.indexOf(page)
  const alone = design.pages.length === 1
  return {
    heading: t('wallboards.designer.board_heading'),
    tile: false,
    faults: [],
    sections: [
      {
        title: t('wallboards.designer.page_heading', { number: at + 1 }),
        fields: pageFields(page, alone, asked),
        page: { first: at === 0, last: at === design.pages.length - 1, alone },
      },
      {
        title: t('wallboards.designer.all_heading'),
        fields: boardFields(design, boardName, asked),
        sound: design.sound.on,
      },
    ],
  }
}
