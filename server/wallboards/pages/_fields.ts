// The side panel: which questions a tile, a page and the board are asked (`_answers.ts`: what an answer changes); pure.
import type { Translate } from '../../http/drawing/translate.ts'
import { columns, rows } from '../grid.ts'
import type { Design, Page, Tile, ToneRule } from '../schema.ts'
import { type Shown, showable, shownOf } from '../shown.ts'
import { toneWords } from './_tone-words.ts'

export type Option = { value: string; label: string; chosen: boolean }
export type Field = {
  /** What the answer is given to: `show`, `queue:7`, `tone.warn`. */
  name: string
  type: 'select' | 'text' | 'long' | 'number' | 'check' | 'time' | 'queues' | 'note' | 'link'
  label: string
  value?: string
  checked?: boolean
  options?: Option[]
  groups?: { label: string; options: Option[] }[]
  queues?: { id: number; name: string; checked: boolean; gone: boolean }[]
  hint?: string
  lines?: string[]
  unit?: string
  min?: number
  max?: number
  step?: string
  most?: number
  placeholder?: string
  href?: string
  /** Small fields that stand side by side. */
  narrow?: true
}
export type Asked = {
  t: Translate
  language: string
  queues: { id: number; name: string }[]
  /** What the catalogue says a number is, by its id. */
  definitions: Record<string, string>
}
export type Measured = Extract<Tile, { show: string }>
export type Toned = Extract<Tile, { tone: ToneRule }>

const say = (t: Translate, key: string) => t(`wallboards.designer.${key}`)
const choice = (t: Translate, name: string, value: string, values: readonly string[], key = name): Field => ({
  name,
  type: 'select',
  label: say(t, key),
  options: values.map((one) => ({ value: one, label: say(t, `${key}_${one}`), chosen: one === value })),
})
const check = (t: Translate, name: string, checked: boolean, key = name): Field => ({
  ...{ name, type: 'check', label: say(t, key), checked },
})

/** How a list of numbers to choose from is divided. */
function groupOf({ id, now, level, unit }: Shown): 'now' | 'level' | 'time' | 'people' | 'count' {
  if (now) return 'now'
  if (level) return 'level'
  if (/^(occupancy|utilisation|seizures|asr|lines_)/.test(id)) return 'people'
  return unit === 'ms' ? 'time' : 'count'
}

function showField(tile: Measured, { t, definitions }: Asked): Field {
  const list = showable[tile.kind]
  const groups = (['now', 'level', 'count', 'time', 'people'] as const)
    .map((group) => ({
      label: say(t, `group_${group}`),
      options: list
        .filter((one) => groupOf(one) === group)
        .map(({ id }) => ({ value: id, label: t(`wallboards.shown.${id}`), chosen: id === tile.show })),
    }))
    .filter(({ options }) => options.length > 0)
  // What is of this instant is no metric of the catalogue.
  const hint = definitions[tile.show] || say(t, `about.${tile.show}`)
  return { name: 'show', type: 'select', label: say(t, 'show'), groups, hint }
}

function queuesField(chosen: readonly number[], { t, queues }: Asked, key = 'queues'): Field {
  const known = new Set(queues.map(({ id }) => id))
  const listed = queues.map(({ id, name }) => ({ id, name, checked: chosen.includes(id), gone: false }))
  const gone = chosen.filter((id) => !known.has(id))
  return {
    name: 'queueIds',
    type: 'queues',
    label: say(t, key),
    queues: [...listed, ...gone.map((id) => ({ id, name: say(t, 'queue_gone'), checked: true, gone: true }))],
    hint: chosen.length === 0 ? say(t, `${key}_all`) : say(t, `${key}_some`),
  }
}

function toneFields(tile: Toned, { t, language }: Asked): Field[] {
  const shown = shownOf(tile.show)
  if (!shown) return []
  const rule = tile.tone
  const fields: Field[] = [
    choice(t, 'tone.kind', rule.kind, shown.level ? ['none', 'target', 'limits'] : ['none', 'limits'], 'tone_kind'),
  ]
  if (rule.kind === 'limits') {
    const unit = shown.unit === 'ratio' ? '%' : shown.unit === 'ms' || shown.unit === 'since' ? 's' : ''
    const number = (name: 'warn' | 'bad'): Field => ({
      ...{ name: `tone.${name}`, type: 'number', label: say(t, `tone_${name}`), value: String(rule[name]), unit },
      ...{ min: 0, max: 1e6, step: 'any', narrow: true },
    })
    fields.push(
      choice(t, 'tone.better', rule.better, ['higher', 'lower'], 'tone_better'),
      number('warn'),
      number('bad'),
    )
  }
  const lines = toneWords(rule, shown.unit, t, language)
  if (lines.length > 0) fields.push({ name: 'tone', type: 'note', label: '', lines })
  if (rule.kind !== 'none') fields.push(check(t, 'sound', tile.sound, 'tile_sound'))
  return fields
}

function own(tile: Tile, asked: Asked): Field[] {
  const { t } = asked
  switch (tile.kind) {
    case 'figure':
    case 'gauge':
    case 'trend': {
      const shown = shownOf(tile.show)
      const fields = [showField(tile, asked)]
      if (tile.kind !== 'trend' && !shown?.now) fields.push(choice(t, 'span', tile.span, ['day', 'recent']))
      if (shown?.of === 'queue' || tile.queueIds.length > 0) fields.push(queuesField(tile.queueIds, asked))
      else fields.push({ name: 'whole', type: 'note', label: '', lines: [say(t, 'whole_only')] })
      if (tile.kind === 'trend')
        fields.push(choice(t, 'draw', tile.draw, ['bars', 'line']), check(t, 'lastWeek', tile.lastWeek))
      else fields.push(...toneFields(tile, asked))
      return fields
    }
    case 'agents':
      return [
        queuesField(tile.queueIds, asked, 'serving'),
        { ...choice(t, 'names', tile.names, ['full', 'short', 'none']), hint: say(t, 'names_hint') },
        check(t, 'offline', tile.offline),
      ]
    case 'queues':
      return [queuesField(tile.queueIds, asked), choice(t, 'order', tile.order, ['name', 'waiting', 'level'])]
    case 'text':
      return [
        { name: 'text', type: 'long', label: say(t, 'text'), value: tile.text, most: 500 },
        choice(t, 'size', tile.size, ['small', 'medium', 'large']),
        choice(t, 'align', tile.align, ['left', 'center']),
      ]
    case 'clock':
      return [check(t, 'date', tile.date), check(t, 'seconds', tile.seconds)]
    case 'topics':
      return [queuesField(tile.queueIds, asked)]
    case 'announcement':
      return [
        { name: 'about', type: 'note', label: '', lines: [say(t, 'about_announcement')] },
        { name: 'open', type: 'link', label: say(t, 'announcements_open'), href: '/wallboards/announcements' },
      ]
    case 'seal':
      return [{ name: 'about', type: 'note', label: '', lines: [say(t, 'about_seal')] }]
  }
}

/** What a tile without a title of its own is called. */
export const nameOf = (tile: Tile, t: Translate): string =>
  tile.title || t('show' in tile ? `wallboards.shown.${tile.show}` : `wallboards.kind.${tile.kind}`)

export function tileFields(tile: Tile, asked: Asked): Field[] {
  const { t } = asked
  const cell = (name: 'x' | 'y' | 'w' | 'h', value: number, max: number): Field => ({
    ...{
      name,
      type: 'number',
      label: say(t, `place_${name}`),
      value: String(value),
      min: 1,
      max,
      step: '1',
      narrow: true,
    },
  })
  return [
    ...own(tile, asked),
    {
      ...{ name: 'title', type: 'text', label: say(t, 'title'), value: tile.title ?? '', most: 60 },
      placeholder: nameOf({ ...tile, title: '' }, t),
    },
    cell('x', tile.x + 1, columns),
    cell('y', tile.y + 1, rows),
    cell('w', tile.w, columns),
    cell('h', tile.h, rows),
  ]
}

export function pageFields(page: Page, alone: boolean, { t }: Asked): Field[] {
  return [
    { name: 'page.name', type: 'text', label: say(t, 'page_name'), value: page.name, most: 40 },
    {
      ...{
        name: 'page.seconds',
        type: 'number',
        label: say(t, 'page_seconds'),
        value: String(page.seconds),
        unit: 's',
      },
      ...{ min: 5, max: 600, step: '1', hint: say(t, alone ? 'page_alone' : 'page_turn') },
    },
  ]
}

export function boardFields(design: Design, name: string, { t }: Asked): Field[] {
  const { theme, day, sound } = design
  const hour = (name: 'from' | 'until'): Field => ({
    ...{ name: `day.${name}`, type: 'time', label: say(t, `day_${name}`), value: day[name], narrow: true },
  })
  return [
    {
      ...{ name: 'board.title', type: 'text', label: say(t, 'board_title'), value: design.title, most: 60 },
      placeholder: name,
    },
    choice(t, 'theme', theme, ['dark', 'light', 'auto']),
    ...(theme === 'auto' ? [hour('from'), hour('until')] : []),
    check(t, 'urgent', design.urgent),
    check(t, 'sound.on', sound.on, 'sound_on'),
    ...(sound.on
      ? [
          {
            ...{
              name: 'sound.volume',
              type: 'number',
              label: say(t, 'volume'),
              value: String(sound.volume),
              unit: '%',
            },
            ...{ min: 0, max: 100, step: '5' },
          } as Field,
          check(t, 'sound.bad', sound.when.includes('bad'), 'sound_bad'),
          check(t, 'sound.urgent', sound.when.includes('urgent'), 'sound_urgent'),
        ]
      : []),
  ]
}
