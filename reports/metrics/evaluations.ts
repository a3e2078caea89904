import { counted, type Metric, metric } from './metric.ts'

/** An evaluation of quality that was published. */
export type EvaluationFact = {
  /** Points of 100 that it ended with; null: nothing that counts was answered. */
  score: number | null
  /** A critical question failed. */
  fatal: boolean
  passed: boolean
  acknowledged: boolean
  disputed: boolean
  /** Its answers were changed after a dispute. */
  corrected: boolean
}
/** One section of it. */
export type SectionFact = { score: number | null }

export const evaluationMeasures = {
  evaluations: {
    evaluations: () => 1,
    evaluations_scored: (one: EvaluationFact) => one.score !== null,
    evaluation_points: (one: EvaluationFact) => one.score ?? 0,
    evaluations_passed: (one: EvaluationFact) => one.passed,
    evaluations_fatal: (one: EvaluationFact) => one.fatal,
    evaluations_acknowledged: (one: EvaluationFact) => one.acknowledged,
    evaluations_disputed: (one: EvaluationFact) => one.disputed,
    evaluations_corrected: (one: EvaluationFact) => one.corrected,
  },
  evaluatedSections: {
    sections_scored: (one: SectionFact) => one.score !== null,
    section_points: (one: SectionFact) => one.score ?? 0,
  },
}

type Two = readonly [string, string]
const share = (
  id: string,
  label: Two,
  definition: Two,
  over: 'evaluations_passed' | 'evaluations_fatal' | 'evaluations_disputed',
  under: 'evaluations' | 'evaluations_scored',
) => metric(id, 'ratio', label, definition, { kind: 'quotient', over: [over], under: [under] })

/** All of evaluations published in the interval, whenever their call was. */
export const evaluations: readonly Metric[] = [
  counted(
    'evaluations',
    ['Evaluaciones', 'Evaluations'],
    [
      'Evaluaciones de calidad publicadas en el intervalo, sea de cuando sea la llamada.',
      'Evaluations of quality published in the interval, whenever the call was.',
    ],
  ),
  counted(
    'evaluations_scored',
    ['Evaluaciones con puntaje', 'Evaluations with a score'],
    [
      'Evaluaciones en que correspondía al menos una pregunta que suma.',
      'Evaluations in which at least one question that counts did apply.',
    ],
  ),
  metric(
    'evaluation_points',
    'decimal',
    ['Suma de puntajes', 'Sum of scores'],
    ['Los puntajes con que quedaron, sumados.', 'The scores that they ended with, added up.'],
    { kind: 'sum', of: ['evaluation_points'] },
  ),
  metric(
    'evaluation_score',
    'decimal',
    ['Puntaje promedio', 'Average score'],
    [
      'Suma de puntajes (0 a 100) ÷ evaluaciones con puntaje. Lo que no corresponde queda fuera de la cuenta; una falla crítica es un 0.',
      'Sum of scores (0 to 100) ÷ evaluations with a score. What does not apply is left out; a critical fail is a 0.',
    ],
    { kind: 'quotient', over: ['evaluation_points'], under: ['evaluations_scored'] },
  ),
  counted(
    'evaluations_passed',
    ['Aprobadas', 'Passed'],
    [
      'Evaluaciones que llegan al puntaje con que aprueba su formulario, sin falla crítica.',
      'Evaluations that reach the score from which their form is passed, without a critical fail.',
    ],
  ),
  share(
    'evaluation_pass_rate',
    ['Tasa de aprobación', 'Pass rate'],
    ['Aprobadas ÷ evaluaciones con puntaje.', 'Passed ÷ evaluations with a score.'],
    'evaluations_passed',
    'evaluations_scored',
  ),
  counted(
    'evaluations_fatal',
    ['Con falla crítica', 'With a critical fail'],
    [
      'Evaluaciones en que falló una pregunta crítica: su puntaje es 0.',
      'Evaluations in which a critical question failed: their score is 0.',
    ],
  ),
  share(
    'evaluation_fatal_rate',
    ['Tasa de fallas críticas', 'Rate of critical fails'],
    ['Con falla crítica ÷ evaluaciones.', 'With a critical fail ÷ evaluations.'],
    'evaluations_fatal',
    'evaluations',
  ),
  counted(
    'evaluations_acknowledged',
    ['Con conformidad del agente', 'Acknowledged'],
    ['Evaluaciones con las que el agente dijo estar conforme.', 'Evaluations that the agent agreed with.'],
  ),
  counted(
    'evaluations_disputed',
    ['En desacuerdo', 'Disputed'],
    [
      'Evaluaciones con las que el agente dijo no estar de acuerdo, ya respondidas o no.',
      'Evaluations that the agent did not agree with, answered or not.',
    ],
  ),
  share(
    'evaluation_dispute_rate',
    ['Tasa de desacuerdo', 'Dispute rate'],
    ['En desacuerdo ÷ evaluaciones.', 'Disputed ÷ evaluations.'],
    'evaluations_disputed',
    'evaluations',
  ),
  counted(
    'evaluations_corrected',
    ['Corregidas tras un desacuerdo', 'Corrected after a dispute'],
    [
      'Evaluaciones cuyas respuestas se corrigieron al responder el desacuerdo; cuentan con el puntaje corregido.',
      'Evaluations whose answers were corrected when the dispute was answered; they count with the corrected score.',
    ],
  ),
  counted(
    'sections_scored',
    ['Veces evaluada la sección', 'Times the section was scored'],
    [
      'Evaluaciones en que correspondía al menos una pregunta que suma de la sección.',
      'Evaluations in which at least one question of the section that counts did apply.',
    ],
  ),
  metric(
    'section_points',
    'decimal',
    ['Suma de puntajes de la sección', 'Sum of the section’s scores'],
    ['Los puntajes de la sección, sumados.', 'The scores of the section, added up.'],
    { kind: 'sum', of: ['section_points'] },
  ),
  metric(
    'section_score',
    'decimal',
    ['Puntaje de la sección', 'Score of the section'],
    [
      'Suma de puntajes de la sección (0 a 100) ÷ veces evaluada. Una falla crítica no baja el de las secciones.',
      'Sum of the section’s scores (0 to 100) ÷ times it was scored. A critical fail does not lower the sections’.',
    ],
    { kind: 'quotient', over: ['section_points'], under: ['sections_scored'] },
  ),
]
