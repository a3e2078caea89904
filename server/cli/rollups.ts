import { createRollups } from '../../reports/index.ts'
import { loadConfig } from '../config.ts'
import { openDatabase, scopeOf } from '../database/index.ts'
import { repository, UsageError, type Verb } from './verb.ts'

export const rollups: Verb = {
  summary: 'rollups rebuild: vuelve a contar los totales por intervalo desde los hechos',
  help: `Uso: npx vera rollups rebuild

Borra los totales de cada cuarto de hora y los cuenta otra vez desde los hechos, organismo por organismo. Los informes
siguen andando mientras tanto, más despacio: leen los hechos. Da los mismos números; sirve después de escribir en la base por
fuera de Vera o de restaurar una parte.`,
  async run(args) {
    if (args.length !== 1 || args[0] !== 'rebuild') throw new UsageError('falta la acción: rebuild')
    const db = openDatabase(loadConfig(repository).databaseUrl)
    try {
      await db.migrate()
      const counting = createRollups({ db, now: Date.now })
      for (const { id, name } of await db.knex('agencies').orderBy('id').select('id', 'name')) {
        const began = performance.now()
        await counting.rebuild(scopeOf(id))
        console.log(`${name}: listo en ${((performance.now() - began) / 1000).toFixed(1)} s`)
      }
      return 0
    } finally {
      await db.close()
    }
  },
}
