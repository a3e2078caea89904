import { counted, type Metric, metric } from './metric.ts'

/** An interaction that was given a disposition; `resolved`: one that says that it was resolved. */
export type DispositionFact = { resolved: boolean }

export const dispositionMeasures = {
  disposed: () => 1,
  disposed_resolved: (one: DispositionFact) => one.resolved,
}

export const dispositions: readonly Metric[] = [
  counted(
    'disposed',
    ['Tipificadas', 'With a disposition'],
    [
      'Interacciones creadas en el intervalo a las que alguien les puso una tipificación.',
      'Interactions created in the interval that were given a disposition.',
    ],
  ),
  counted(
    'disposed_resolved',
    ['Declaradas resueltas', 'Declared resolved'],
    [
      'Tipificadas con una tipificación que dice que se resolvió.',
      'With a disposition that says that it was resolved.',
    ],
  ),
  metric(
    'declared_resolution',
    'ratio',
    ['Resolución declarada', 'Declared resolution'],
    [
      'Declaradas resueltas ÷ tipificadas: lo que dijeron los agentes, aparte de si la persona volvió.',
      'Declared resolved ÷ with a disposition: what agents said, apart from whether the citizen came back.',
    ],
    { kind: 'quotient', over: ['disposed_resolved'], under: ['disposed'] },
  ),
]
