import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { formRoutes } from './form-routes.ts'
import type { Quality } from './index.ts'

/** `/evaluations`: forms, evaluations, and what is to be evaluated. */
export const evaluationRoutes: FastifyPluginAsyncTypebox<{ quality: Quality }> = async (app, { quality }) => {
  await app.register(formRoutes, { quality })
}
