// Who and what the example centre consists of. Every name is invented; every agency says that it is an example.

export const provinceCode = 'ejemplo-santa-esperanza'

export const agencyPlan = [
  { code: provinceCode, name: 'Provincia de Santa Esperanza (ejemplo)', kind: 'province' },
  { code: 'ejemplo-villa-aurora', name: 'Municipalidad de Villa Aurora (ejemplo)', kind: 'municipality' },
  { code: 'ejemplo-colonia-del-ceibo', name: 'Municipalidad de Colonia del Ceibo (ejemplo)', kind: 'municipality' },
  { code: 'ejemplo-puerto-yatay', name: 'Municipalidad de Puerto Yatay (ejemplo)', kind: 'municipality' },
] as const

export const skillPlan = ['Impuestos', 'Salud', 'Trámites'] as const
export type SkillName = (typeof skillPlan)[number]

export const staffPlan = [
  { username: 'admin', name: 'Aldana Ríos', role: 'administrator' },
  { username: 'organismo', name: 'Bruno Salvatierra', role: 'agency_administrator' },
  { username: 'supervisora', name: 'Celeste Aguirre', role: 'supervisor', extension: '1900' },
  { username: 'flujos', name: 'Darío Lencina', role: 'flow_designer' },
  { username: 'backoffice', name: 'Elisa Monzón', role: 'back_office' },
  { username: 'panel', name: 'Panel de la sala', role: 'wallboard' },
] as const

/** Shifts are hours of the day, local: the history's; the simulation's agents come and go by themselves. */
export const agentPlan: { name: string; shift: [number, number]; skills: Partial<Record<SkillName, number>> }[] = [
  { name: 'Abril Quinteros', shift: [8, 14], skills: { Impuestos: 5, Trámites: 3 } },
  { name: 'Bautista Roldán', shift: [8, 14], skills: { Impuestos: 4, Salud: 2 } },
  { name: 'Clara Montenegro', shift: [8, 14], skills: { Salud: 5, Trámites: 3 } },
  { name: 'Damián Ocampo', shift: [8, 14], skills: { Salud: 4, Impuestos: 3 } },
  { name: 'Emilia Barrios', shift: [8, 14], skills: { Trámites: 5, Impuestos: 2, Salud: 2 } },
  { name: 'Franco Lescano', shift: [9, 15], skills: { Impuestos: 3, Trámites: 4 } },
  { name: 'Guadalupe Ferro', shift: [9, 15], skills: { Salud: 3, Trámites: 4 } },
  { name: 'Hernán Pucheta', shift: [10, 16], skills: { Impuestos: 5, Salud: 3, Trámites: 3 } },
  { name: 'Irina Vallejos', shift: [10, 16], skills: { Impuestos: 2, Salud: 4 } },
  { name: 'Joaquín Mansur', shift: [11, 17], skills: { Trámites: 4, Impuestos: 3 } },
  { name: 'Karina Bustos', shift: [12, 18], skills: { Impuestos: 4, Trámites: 2 } },
  { name: 'Lautaro Imhoff', shift: [12, 18], skills: { Salud: 4, Impuestos: 2 } },
  { name: 'Malena Soria', shift: [12, 18], skills: { Salud: 5, Trámites: 2 } },
  { name: 'Nahuel Corvalán', shift: [12, 18], skills: { Trámites: 5, Salud: 2 } },
  { name: 'Olivia Zentner', shift: [12, 18], skills: { Impuestos: 3, Salud: 3, Trámites: 3 } },
]
export const firstExtension = 1001

/** Of the province on a working day. */
export const callsADay = 600
/** Its calls of each hour as a share of the day, 8 to 18: a hill before noon, a lower one in the afternoon. */
export const hourly = [0.09, 0.125, 0.145, 0.14, 0.115, 0.09, 0.08, 0.08, 0.075, 0.06]

export const breakPlan = ['Descanso', 'Almuerzo', 'Capacitación', 'Reunión', 'Tarea administrativa'] as const

export const dispositionPlan = [
  { name: 'Resuelto en la llamada', resolved: true, weight: 58 },
  { name: 'Derivado a back-office', resolved: false, weight: 17 },
  { name: 'Se informó requisito', resolved: true, weight: 14 },
  { name: 'Vuelve a llamar', resolved: false, weight: 5 },
  { name: 'Se cortó la llamada', resolved: false, weight: 4 },
  { name: 'Número equivocado', resolved: false, weight: 2 },
] as const

export const queuePlan = [
  {
    code: 'impuestos',
    name: 'Impuestos',
    skill: 'Impuestos',
    priority: 5,
    weight: 38,
    option: '1 Impuestos',
    messages: [
      'Tu llamada está en espera. Podés consultar deuda e imprimir boletas en la página de la provincia.',
      'Tené a mano el número de partida o de dominio. Vamos a atenderte en unos instantes.',
    ],
    topics: ['Inmobiliario', 'Patente automotor', 'Ingresos Brutos', 'Plan de pagos', 'Libre deuda'],
  },
  {
    code: 'salud',
    name: 'Salud',
    skill: 'Salud',
    priority: 3,
    weight: 27,
    option: '2 Salud',
    messages: ['Si es una emergencia médica, cortá y llamá al ciento siete.', 'Tu llamada está en espera.'],
    topics: ['Turnos en hospitales', 'Vacunación', 'Medicación crónica', 'Certificado de discapacidad'],
  },
  {
    code: 'tramites',
    name: 'Trámites',
    skill: 'Trámites',
    priority: 5,
    weight: 20,
    option: '3 Trámites',
    messages: ['Tu llamada está en espera. Vamos a atenderte en unos instantes.'],
    topics: ['Partidas y actas', 'Licencia de conducir', 'Certificado de antecedentes', 'Boleto educativo'],
  },
  {
    code: 'general',
    name: 'Atención general',
    skill: undefined,
    priority: 6,
    weight: 15,
    option: '0 Atención general',
    messages: ['Tu llamada está en espera. Vamos a atenderte en unos instantes.'],
    topics: ['Información general', 'Reclamos', 'Sugerencias', 'Programas sociales'],
  },
] as const

/** Of the municipalities that have data of their own: one queue, one agent. */
export const smallTopics = ['Alumbrado y baches', 'Tasa municipal', 'Turnos de licencias'] as const

export const backOfficePlan = ['Mesa fiscal', 'Turnos hospitalarios', 'Registro Civil', 'Reclamos'] as const

export const officeCalendarName = 'Horario de oficina (ejemplo)'
export const openCalendarName = 'Siempre abierto (simulación del ejemplo)'

export const ticketSubjects: Record<string, readonly string[]> = {
  impuestos: [
    'Pago no imputado',
    'Error en la titularidad de la partida',
    'Baja de patente pendiente',
    'Plan de pagos caído',
  ],
  salud: [
    'Turno reprogramado sin aviso',
    'Falta de medicación en farmacia',
    'Demora en el certificado',
    'Cambio de hospital',
  ],
  tramites: ['Partida con un dato mal escrito', 'Acta que no llega', 'Licencia demorada', 'Boleto educativo rechazado'],
  general: [
    'Reclamo por atención',
    'Luminaria apagada en ruta',
    'Consulta por programa social',
    'Pedido de entrevista',
  ],
}

export const noteTexts = [
  'Se explicó el trámite paso a paso; la persona tomó nota.',
  'Se confirmó domicilio y teléfono. Queda todo al día.',
  'Consulta por vencimiento; se envió el enlace por correo.',
  'Llama por segunda vez por el mismo tema. Se revisó el expediente y se informó el estado.',
  'Pide que la atención sea por la mañana. Se dejó asentado.',
  'Adulta mayor, conviene hablar despacio y repetir los números.',
  'No tenía a mano el número de partida; se buscó por DNI.',
  'Se derivó con los datos cargados para que no tenga que repetirlos.',
] as const
