// Who may list, hear and download recordings.
import type { Scope } from '../database/index.ts'
import { AppError, type Role, type Session } from '../http/index.ts'
import type { RecordingSettings } from './rules-store.ts'

export const pageRoles: readonly Role[] = ['supervisor', 'agency_administrator', 'administrator', 'agent']
export const keepers: readonly Role[] = ['supervisor', 'agency_administrator', 'administrator']
export const administrators: readonly Role[] = ['agency_administrator', 'administrator']

type Who = Pick<Session, 'role' | 'userId'> & { scope?: Scope }

export function mayListen(who: Who, settings: RecordingSettings, recording: { agentId?: number | undefined }): boolean {
  if (who.role === 'agent') return settings.agentsHearOwn && recording.agentId === who.userId
  return settings.listenRoles.includes(who.role)
}
/** Agents never take a copy away. */
export const mayDownload = (who: Who, settings: RecordingSettings) =>
  settings.listenRoles.includes(who.role) && settings.downloadRoles.includes(who.role)

/** @throws AppError `recording.not_yours`, `recording.no_right` */
export function checkListening(who: Who, settings: RecordingSettings, recording: { agentId?: number }): void {
  if (mayListen(who, settings, recording)) return
  throw new AppError(who.role === 'agent' ? 'recording.not_yours' : 'recording.no_right', 403)
}
