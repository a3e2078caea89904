// The supervisor's screen, and the reading of the centre that wallboards share with it.

export { createDoors, type Door, type Doors, midnightAfter } from './doors.ts'
export { createSupervisionLog, type LogFilter, type LogRow, type SupervisionLog } from './log.ts'
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
export { type By, createOrders, type OrderPorts, type Orders } from './orders.ts'
export type { Alarm, Health, LookingAhead, MetricsNow, NowPorts, QueueChoice, TodayFigures } from './ports.ts'
export { type SupervisorModel, supervisionRoutes, supervisorRoles } from './routes.ts'
