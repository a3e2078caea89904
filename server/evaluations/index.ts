// Evaluations of quality: forms that supervisors make, calls judged by them while they listen, and what the agent says to it.
import type { Database } from '../database/index.ts'
import type { Audit } from '../http/index.ts'
import { createEvaluationStore } from './evaluations.ts'
import { createForms } from './forms.ts'
import { createTasks } from './tasks.ts'

export type { Content } from './form.ts'
export { evaluationRoutes } from './routes.ts'
export { type Answers, type Score, scoreOf } from './score.ts'

export type EvaluationsOptions = { db: Database; audit: Audit; now?: () => number; log?: (line: string) => void }

export function createEvaluations({ db, audit, now = Date.now, log = () => {} }: EvaluationsOptions) {
  const forms = createForms({ db, audit, now })
  const tasks = createTasks({ db, audit, forms, now, log })
  return { forms, tasks, ...createEvaluationStore({ db, audit, forms, now }) }
}
export type Quality = ReturnType<typeof createEvaluations>
