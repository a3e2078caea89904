import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type EvaluationPorts, evaluationPages } from './evaluation-routes.ts'
import { formRoutes } from './form-routes.ts'
import { taskRoutes } from './task-routes.ts'

/** `/evaluations`: forms, evaluations, and what is to be evaluated. */
export const evaluationRoutes: FastifyPluginAsyncTypebox<EvaluationPorts> = async (app, ports) => {
  await app.register(formRoutes, ports)
  await app.register(taskRoutes, ports)
  await app.register(evaluationPages, ports)
}
