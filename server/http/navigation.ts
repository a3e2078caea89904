import type { Role } from './types.ts'

export type Section = { id: string; href: string; roles: readonly Role[] }

/** The bar of the layout, in its order; texts are `http.nav.<id>`. */
export const sections: readonly Section[] = [
  { id: 'agent', href: '/agent', roles: ['agent'] },
  { id: 'supervisor', href: '/supervisor', roles: ['administrator', 'agency_administrator', 'supervisor'] },
  {
    id: 'interactions',
    href: '/interactions',
    roles: ['administrator', 'agency_administrator', 'supervisor'],
  },
  {
    id: 'citizens',
    href: '/citizens',
    roles: ['administrator', 'agency_administrator', 'supervisor', 'agent', 'back_office'],
  },
  {
    id: 'tickets',
    href: '/tickets',
    roles: ['administrator', 'agency_administrator', 'supervisor', 'agent', 'back_office'],
  },
  {
    id: 'knowledge',
    href: '/knowledge',
    roles: ['administrator', 'agency_administrator', 'supervisor', 'agent', 'back_office'],
  },
  {
    id: 'recordings',
    href: '/recordings',
    roles: ['administrator', 'agency_administrator', 'supervisor'],
  },
  {
    id: 'evaluations',
    href: '/evaluations',
    roles: ['administrator', 'agency_administrator', 'supervisor', 'agent'],
  },
  { id: 'campaigns', href: '/campaigns', roles: ['administrator', 'agency_administrator', 'supervisor'] },
  { id: 'reports', href: '/reports', roles: ['administrator', 'agency_administrator', 'supervisor'] },
  {
    id: 'wallboards',
    href: '/wallboards',
    roles: ['administrator', 'agency_administrator', 'supervisor'],
  },
  { id: 'admin', href: '/admin', roles: ['administrator', 'agency_administrator'] },
  { id: 'prompts', href: '/admin/prompts', roles: ['flow_designer'] },
  { id: 'editor', href: '/editor', roles: ['administrator', 'flow_designer'] },
]

const homes: Record<Role, string[]> = {
  administrator: ['/admin'],
  agency_administrator: ['/admin'],
  supervisor: ['/supervisor'],
  agent: ['/agent'],
  flow_designer: ['/editor'],
  back_office: ['/tickets'],
  wallboard: ['/wallboards/mine', '/wallboards'],
  integration: ['/api/docs'],
}

/** Where `/` leads: the first of the role's own doors that exists. */
export function homeOf(role: Role, exists: (path: string) => boolean): string {
  return homes[role].find(exists) ?? '/welcome'
}

export function navigationFor(role: Role, current: string | undefined, exists: (path: string) => boolean) {
  return sections
    .filter((section) => section.roles.includes(role) && exists(section.href))
    .map((section) => ({ id: section.id, href: section.href, current: section.id === current }))
}

const platformOnly = new Set(['agencies', 'trunks', 'nodes'])

/** Cards of `/admin` in their order; shown when their page exists. Texts are `http.admin.<id>`. */
export const adminCards: readonly Section[] = [
  'users',
  'skills',
  'queues',
  'topics',
  'dispositions',
  'break-reasons',
  'back-offices',
  'calendars',
  'numbers',
  'prompts',
  'recordings',
  'call-records',
  'phones',
  'trunks',
  'nodes',
  'agencies',
].map((id) => ({
  id,
  href: `/admin/${id}`,
  roles: platformOnly.has(id) ? ['administrator'] : ['administrator', 'agency_administrator'],
}))
