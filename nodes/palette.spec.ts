import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { palette } from './palette.ts'

const root = import.meta.dirname
const packaged: Record<string, string> = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))['node-red'].nodes
const folders = globSync('{ivr,queue,crm}/*/config.ts', { cwd: root }).map((file) => dirname(file))

describe('the palette is complete', () => {
  it('has each folder in the package and in the list of definitions', () => {
    const types = folders.map((folder) => `vera-${basename(folder)}`).sort()
    assert.deepEqual(Object.keys(packaged).sort(), types)
    assert.deepEqual(palette.map(({ type }) => type).sort(), types)
  })
  for (const definition of palette) {
    const { type } = definition
    const folder = dirname(packaged[type] ?? '')
    const at = (...parts: string[]) => join(root, folder, ...parts)

    it(`${type}: registration, icon, spec`, () => {
      assert.equal(folder.split('/')[0], definition.category)
      assert.match(readFileSync(at(`${type}.js`), 'utf8'), new RegExp(`^export \\{ default \\} from './${type}.ts'\n$`))
      assert.match(readFileSync(at(`${type}.html`), 'utf8'), new RegExp(`data-template-name="${type}"`))
      assert.match(readFileSync(at('icons', `${type}.svg`), 'utf8'), /^<svg /)
      assert.ok(globSync('*.spec.ts', { cwd: at() }).length > 0, 'has no spec')
    })
    for (const language of ['es', 'en-US']) {
      it(`${type}: texts and help in ${language}`, () => {
        const texts = JSON.parse(readFileSync(at('locales', language, `${type}.json`), 'utf8'))[type]
        assert.ok(texts.label && texts.summary)
        assert.deepEqual(Object.keys(texts.fields), Object.keys(definition.fields))
        assert.deepEqual(
          Object.keys(texts.exits),
          definition.exits.map(({ name }) => name),
        )
        for (const [name, field] of Object.entries(definition.fields)) {
          if (field.kind === 'choice') assert.deepEqual(Object.keys(texts.options[name]), [...field.options])
        }
        const help = at('locales', language, `${type}.html`)
        assert.ok(existsSync(help))
        assert.ok(readFileSync(help, 'utf8').includes(`data-help-name="${type}"`))
      })
    }
  }
})
