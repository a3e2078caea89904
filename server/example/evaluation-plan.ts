// The form by which the example centre judges its calls, and what is said to agents.

const yesNo = (id: string, text: string, more: object = {}) => ({
  ...{ id, text, kind: 'yes_no' as const, weight: 10, critical: false, na: false },
  ...more,
})
const scale = (id: string, text: string, help: string, na = false) => ({
  ...{ id, text, help, kind: 'scale' as const, weight: 10, critical: false, na },
})

export const formName = 'Atención telefónica (ejemplo)'
export const formPlan = {
  pass: 75,
  lead: 'Escuchá la llamada entera antes de publicar. Marcá el segundo de lo que comentes.',
  sections: [
    {
      id: 'trato',
      title: 'Saludo y trato',
      weight: 25,
      questions: [
        yesNo('saludo', '¿Saludó y dijo su nombre?'),
        scale('tono', 'Tono y claridad', '1: cortante o difícil de entender; 5: amable y claro.'),
        scale('escucha', 'Escucha', '1: interrumpe; 5: deja hablar y repregunta.', true),
      ],
    },
    {
      id: 'gestion',
      title: 'Gestión',
      weight: 50,
      questions: [
        yesNo('pedido', '¿Entendió lo que pedía?'),
        {
          ...{ id: 'informacion', text: 'La información que dio', kind: 'choice' as const, weight: 20 },
          ...{ critical: false, na: true },
          options: [
            { id: 'completa', label: 'Completa y correcta', points: 10 },
            { id: 'errores', label: 'Con errores menores', points: 5 },
            { id: 'incorrecta', label: 'Incorrecta', points: 0 },
          ],
        },
        yesNo('registro', '¿Registró la gestión?', { na: true }),
      ],
    },
    {
      id: 'datos',
      title: 'Datos personales',
      weight: 15,
      questions: [
        yesNo('identidad', '¿Validó la identidad antes de dar datos?', {
          critical: true,
          na: true,
          help: 'Si dio datos de otra persona, la evaluación vale 0.',
        }),
      ],
    },
    {
      id: 'cierre',
      title: 'Cierre',
      weight: 10,
      questions: [yesNo('confirma', '¿Confirmó que no quedaban dudas?'), yesNo('despedida', '¿Se despidió?')],
    },
  ],
}

export const commentPlan = {
  fatal: ['Antes de dar datos hay que validar la identidad, aunque la persona apure.'],
  curt: ['Ojo con el tono cuando la persona insiste.', 'Se entiende, pero sonó apurado. Probá frases más cortas.'],
  weak: [
    'La información estuvo bien; faltó registrar lo que se habló.',
    'Falta ordenar la llamada: primero entender, después buscar.',
  ],
  good: [
    'Buena llamada: clara y sin vueltas.',
    'Muy buen trato. Para mejorar: confirmar al final si quedó alguna duda.',
    'Excelente manejo de una persona enojada.',
  ],
} as const
export const disputePlan = {
  fatal: ['La identidad ya la había validado el menú con el DNI.'],
  correctable: [
    'La despedida está: la persona cortó antes de que terminara de hablar.',
    'El sistema no me dejaba registrar en ese momento; quedó registrado después.',
  ],
  other: ['Sí confirmé: fue antes de pasarle el número de trámite.'],
} as const
export const resolutionPlan = {
  corrected: 'Tenés razón: lo revisé y lo corregí.',
  upheld: 'Lo volví a escuchar y se mantiene; lo vemos juntos en la próxima reunión.',
} as const
