// The supervisor's screen, and the reading of the centre that wallboards share with it.
export {
  type AgentRow,
  createNow,
  type Level,
  levelOf,
  type Now,
  type NowModel,
  type QueueRow,
  type WaitingRow,
} from './now.ts'
export type { Alarm, Health, MetricsNow, NowPorts, QueueChoice, TodayFigures } from './ports.ts'
export { type SupervisorModel, supervisionRoutes, supervisorRoles } from './routes.ts'
