import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { faults } from './imports.ts'

const rules = (files: Record<string, string>) => faults(new Map(Object.entries(files))).map((fault) => fault.rule)

describe('import rules', () => {
  it('lets imports run the right way', () => {
    assert.deepEqual(
      rules({
        'server/tickets/routes.ts':
          "import { citizens } from '../citizens/index.ts'\nimport { x } from '../http/types.ts'",
        'nodes/ivr/play/play.ts':
          "import type { T } from '../../../server/prompts/index.ts'\nimport { y } from '../../../freeswitch/call/index.ts'",
        'server/platform.ts': "import { r } from '../reports/routes.ts'",
      }),
      [],
    )
  })
  it('says which way is wrong', () => {
    assert.deepEqual(rules({ 'freeswitch/esl/a.ts': "import { b } from '../../server/config.ts'" }), [
      'freeswitch may not import server',
    ])
    assert.deepEqual(rules({ 'server/tickets/a.ts': "import { b } from '../citizens/store.ts'" }), [
      'capabilities meet only through index.ts',
    ])
    assert.deepEqual(rules({ 'server/tickets/a.ts': "import { b } from '../../reports/run.ts'" }), [
      'only files at the root of server/, cli and testing join rooms',
    ])
    assert.deepEqual(rules({ 'nodes/a/a.ts': "import { b } from '../../server/prompts/index.ts'" }), [
      'nodes import only types of server',
    ])
    assert.deepEqual(rules({ 'server/http/a.ts': "import { b } from '../tickets/index.ts'" }), [
      'server/http may not import a capability',
    ])
  })
  it('finds a cycle, but not one of types', () => {
    assert.deepEqual(
      rules({ 'bench/a.ts': "import { b } from './b.ts'", 'bench/b.ts': "import { a } from './a.ts'" }),
      ['no cycles'],
    )
    assert.deepEqual(
      rules({ 'bench/a.ts': "import type { b } from './b.ts'", 'bench/b.ts': "import { a } from './a.ts'" }),
      [],
    )
  })
})
