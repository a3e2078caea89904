/** Knowledge articles of the example, by topic. Invented procedures of an invented province. */
export const articlePlan: { topic: string; title: string; body: string }[] = [
  {
    topic: 'Inmobiliario',
    title: 'Cómo consultar y pagar el impuesto inmobiliario',
    body: 'Datos a pedir: número de partida (12 dígitos) o DNI del titular.\n\n1. Confirmar la titularidad.\n2. Informar deuda por año y vencimiento.\n3. Ofrecer boleta por correo o pago con tarjeta.\n\nSi el pago figura como no imputado después de 5 días hábiles, abrir un ticket a Mesa fiscal con el comprobante.',
  },
  {
    topic: 'Patente automotor',
    title: 'Patente: baja, transferencia y deuda',
    body: 'Datos a pedir: dominio y DNI.\n\nLa baja corre desde la fecha de la denuncia de venta. Para corregirla hace falta el formulario del registro. El pago anual tiene 15 % de descuento hasta fin de febrero.',
  },
  {
    topic: 'Plan de pagos',
    title: 'Planes de pago: requisitos y caída',
    body: 'Hasta 24 cuotas; la primera vence a los 10 días. Cae con dos cuotas impagas seguidas o tres alternadas. Caído el plan se puede rehabilitar una sola vez, dentro de los 60 días.',
  },
  {
    topic: 'Ingresos Brutos',
    title: 'Inscripción y categorías de Ingresos Brutos',
    body: 'Inscripción en línea con CUIT. Régimen simplificado: cuota fija por categoría. La recategorización es en enero y en julio.',
  },
  {
    topic: 'Libre deuda',
    title: 'Certificado de libre deuda',
    body: 'Se emite en el momento si no hay deuda. Vale 30 días. Si hay deuda en plan al día, sale con leyenda.',
  },
  {
    topic: 'Turnos en hospitales',
    title: 'Dar, cambiar y cancelar turnos',
    body: 'Datos a pedir: DNI, obra social (si tiene), especialidad y hospital.\n\nLa agenda abre el primer día hábil de cada mes a las 7. Con dos ausencias sin aviso el turno siguiente se pide en el hospital.\n\nUrgencias: indicar el 107.',
  },
  {
    topic: 'Vacunación',
    title: 'Calendario y lugares de vacunación',
    body: 'Sin turno, con DNI y carnet si lo tiene. Vacunatorios de lunes a viernes de 8 a 17. Las del calendario nacional son gratuitas y no se pide orden médica.',
  },
  {
    topic: 'Medicación crónica',
    title: 'Retiro de medicación crónica',
    body: 'Receta de hasta 60 días. Puede retirar otra persona con ambos DNI. Si falta stock, abrir ticket a Turnos hospitalarios con la droga y la farmacia.',
  },
  {
    topic: 'Certificado de discapacidad',
    title: 'Certificado de discapacidad: documentación',
    body: 'DNI, planilla firmada por especialista (vale 6 meses) y estudios. La junta da turno en hasta 30 días. La renovación se pide 90 días antes.',
  },
  {
    topic: 'Partidas y actas',
    title: 'Pedir una partida',
    body: 'Nombre completo, fecha y lugar del hecho. Digital: 48 horas. En papel: 10 días hábiles. Gratis para trámites de escolaridad y jubilación.',
  },
  {
    topic: 'Licencia de conducir',
    title: 'Licencia: renovación y cambio de domicilio',
    body: 'La otorga el municipio del domicilio. Libre deuda de infracciones, examen psicofísico y curso. Vencida hace más de 90 días: examen práctico.',
  },
  {
    topic: 'Certificado de antecedentes',
    title: 'Antecedentes provinciales',
    body: 'En línea, 24 horas. Vale 6 meses. Si lo pide otra provincia, que sea legalizado.',
  },
  {
    topic: 'Boleto educativo',
    title: 'Boleto educativo: quiénes y cómo',
    body: 'Alumnos regulares y docentes. Inscripción de febrero a mayo con constancia. Si fue rechazado, mirar primero que la escuela haya cargado la regularidad.',
  },
  {
    topic: 'Reclamos',
    title: 'Tomar un reclamo',
    body: 'Escuchar, resumir y confirmar. Crear siempre un ticket y decir el número. Plazo de respuesta: 5 días hábiles.',
  },
  {
    topic: 'Programas sociales',
    title: 'Programas vigentes y dónde anotarse',
    body: 'La inscripción es en el municipio. Nunca pedir claves ni datos de tarjetas por teléfono.',
  },
]
