// What the documents say of files, headings and variables is held to what is there.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, it } from 'node:test'

const root = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const pictures = 'docs/guia/imagenes'
/** The guide is read over slow lines too. */
const mostBytes = 250_000

/** Every document of ours, by its path from the root. */
const documents = ['.', 'docs', 'docs/guia', 'freeswitch', 'bench', 'nodes', 'reports', 'server']
  .flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name)),
  )
  .sort()
const withoutCode = (text: string) => text.replace(/^ *```[\s\S]*?^ *```/gm, '').replace(/`[^`\n]*`/g, '')

/** Targets of links and pictures in a document, those on the web left out. */
function targetsOf(document: string): string[] {
  const text = withoutCode(read(document))
  const found = [...text.matchAll(/\]\(([^)\s]+)\)/g), ...text.matchAll(/<(?:img|a) [^>]*?(?:src|href)="([^"]+)"/g)]
  return found.map(([, target]) => target as string).filter((target) => !/^(https?|mailto):/.test(target))
}

/** As the web pages of code hosts make them. */
const anchor = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M} _-]/gu, '')
    .replaceAll(' ', '-')

const anchorsOf = (path: string) =>
  [
    ...read(path)
      .replace(/^ *```[\s\S]*?^ *```/gm, '')
      .matchAll(/^#+ (.+)$/gm),
  ].map(([, heading]) => anchor(heading!))

describe('documents', () => {
  it('link to what is there', () => {
    const missing: string[] = []
    for (const document of documents) {
      for (const target of targetsOf(document)) {
        const [path, fragment] = decodeURIComponent(target).split('#') as [string, string | undefined]
        const full = path === '' ? document : join(dirname(document), path)
        if (!existsSync(join(root, full))) missing.push(`${document}: ${target}`)
        else if (fragment && full.endsWith('.md') && !anchorsOf(full).includes(fragment))
          missing.push(`${document}: ${target} (no such heading)`)
      }
    }
    assert.deepEqual(missing, [])
  })

  it('show every picture, none too large', () => {
    const shown = new Set(documents.flatMap((document) => targetsOf(document).map((to) => join(dirname(document), to))))
    const files = readdirSync(join(root, pictures)).map((name) => join(pictures, name))
    assert.deepEqual(
      files.filter((file) => !shown.has(file)),
      [],
      'nobody shows these',
    )
    assert.deepEqual(
      [...files, 'docs/vera.png'].filter((file) => statSync(join(root, file)).size > mostBytes),
      [],
      'too large',
    )
  })

  it('have each picture taken by npm run screenshots', () => {
    const source = ['boards', 'embedded', 'quality', 'real', 'schedules']
      .map((name) => read(`test/pictures/${name}.ts`))
      .join('')
    const taken = new Set([...source.matchAll(/'([a-z]+(?:-[a-z]+)*)'/g)].map(([, name]) => name))
    const left = readdirSync(join(root, pictures)).filter((name) => !taken.has(name.replace(/\.png$/, '')))
    assert.deepEqual(left, [])
  })

  it('name every variable of the configuration in both tables', () => {
    const list = /const names = \[([^\]]*)\]/.exec(read('server/config.ts'))?.[1] ?? ''
    const names = [...list.matchAll(/'([A-Z_]+)'/g)].map(([, name]) => name as string)
    assert.ok(names.length > 20, 'the names are not where they were in server/config.ts')
    for (const page of ['README.md', 'docs/guia/instalacion.md']) {
      const text = read(page)
      assert.deepEqual(
        names.filter((name) => !text.includes(`\`${name}\``)),
        [],
        page,
      )
    }
    const options = [...read('server/config.ts').matchAll(/(?:port|searchParams\.(?:get|has))\('([a-z]+)'/g)]
    for (const [, option] of options) {
      assert.match(read('README.md'), new RegExp(`\`${option}\``), `option ${option} of FREESWITCH_URL`)
      assert.match(read('docs/guia/instalacion.md'), new RegExp(`\`${option}\``), `option ${option} of FREESWITCH_URL`)
    }
  })

  it('name every variable that npm run freeswitch reads', () => {
    const source = read('freeswitch/run.ts')
    const named = [...source.matchAll(/\benv\.([A-Z_]+)/g), ...source.matchAll(/'([A-Z]+_[A-Z_]+)'/g)]
    const names = new Set(named.map(([, name]) => name as string).filter((name) => name !== 'PATH'))
    assert.ok(names.size > 15)
    for (const page of ['freeswitch/README.md', 'docs/guia/instalacion.md']) {
      const text = read(page)
      assert.deepEqual(
        [...names].filter((name) => !new RegExp(`\\b${name}\\b`).test(text)),
        [],
        page,
      )
    }
  })

  it('name only commands that are there', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    const wrong: string[] = []
    for (const document of documents) {
      for (const [, name] of read(document).matchAll(/npm run ([a-z][a-z:]*)/g))
        if (!scripts[name as string]) wrong.push(`${relative('.', document)}: npm run ${name}`)
    }
    assert.deepEqual(wrong, [])
    const readme = read('README.md')
    for (const name of Object.keys(scripts)) assert.match(readme, new RegExp(`npm (run )?${name}\\b`), name)
  })
})
