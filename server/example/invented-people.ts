import type { Chance } from './random.ts'

// Invented: first names and surnames are combined by chance, localities and streets do not exist.
const women = [
  'María',
  'Lucía',
  'Ana',
  'Carolina',
  'Florencia',
  'Silvia',
  'Norma',
  'Graciela',
  'Valeria',
  'Sofía',
  'Camila',
  'Marta',
  'Julieta',
  'Paula',
  'Verónica',
  'Mónica',
  'Rocío',
  'Estela',
  'Daniela',
  'Micaela',
  'Gabriela',
  'Elena',
  'Milagros',
  'Rosa',
]
const men = [
  'Juan',
  'Carlos',
  'Martín',
  'Diego',
  'Jorge',
  'Luis',
  'Pablo',
  'Sergio',
  'Nicolás',
  'Matías',
  'Raúl',
  'Hugo',
  'Facundo',
  'Gustavo',
  'Ramón',
  'Leandro',
  'Tomás',
  'Agustín',
  'Ezequiel',
  'Ariel',
  'Oscar',
  'Federico',
  'Ignacio',
  'Emilio',
]
const surnames = [
  'Acosta',
  'Benítez',
  'Cabrera',
  'Domínguez',
  'Escobar',
  'Ferreyra',
  'Giménez',
  'Herrera',
  'Ibarra',
  'Juárez',
  'Krüger',
  'Ledesma',
  'Maldonado',
  'Núñez',
  'Ojeda',
  'Peralta',
  'Quiroga',
  'Romero',
  'Sosa',
  'Toledo',
  'Urquiza',
  'Villalba',
  'Weber',
  'Ybarra',
  'Zapata',
  'Bianchi',
  'Colombo',
  'Ferrero',
  'Gastaldi',
  'Pellegrini',
  'Arce',
  'Barreto',
  'Córdoba',
  'Duarte',
  'Figueroa',
  'Godoy',
  'Luna',
  'Mansilla',
  'Oviedo',
  'Paredes',
  'Rossi',
  'Sánchez',
  'Troncoso',
  'Vega',
  'Zárate',
]
export const localities = [
  'Santa Esperanza',
  'Villa Aurora',
  'Colonia del Ceibo',
  'Puerto Yatay',
  'San Telmo del Monte',
  'Laguna Mansa',
  'Los Timbúes Viejos',
  'Paso de la Calandria',
  'Colonia Nueva Liguria',
  'El Algarrobal del Norte',
]
const streets = [
  'Las Calandrias',
  'Pasaje del Río',
  'Los Ceibos',
  'Bulevar de la Estación',
  'Almacén Viejo',
  'Camino del Molino',
  'De las Tejedoras',
  'Los Horneros',
  'Primera Junta Vecinal',
  'Diagonal del Puerto',
]

export const personName = (chance: Chance): string => {
  const first = chance.pick(chance.chance(0.52) ? women : men)
  const last = chance.chance(0.18) ? `${chance.pick(surnames)} ${chance.pick(surnames)}` : chance.pick(surnames)
  return `${first} ${last}`
}

export type InventedCitizen = {
  name: string
  /** 99 million and up: no such DNI has been given out. */
  dni: string
  cuit: string | undefined
  birthDate: string
  email: string | undefined
  address: string
  locality: string
  /** E.164 in 0342 000-xxxx: no subscriber's number begins with 0. */
  phone: string
}

/** The `index`-th invented citizen (0..9999). */
export function inventedCitizen(index: number, chance: Chance): InventedCitizen {
  const dni = String(99_000_000 + index * 37 + chance.between(0, 36))
  const day = String(chance.between(1, 28)).padStart(2, '0')
  const month = String(chance.between(1, 12)).padStart(2, '0')
  const name = personName(chance)
  return {
    name,
    dni,
    cuit: chance.chance(0.35) ? cuitOf(dni) : undefined,
    birthDate: `${chance.between(1940, 2006)}-${month}-${day}`,
    email: chance.chance(0.5) ? `${plain(name).replaceAll(' ', '.')}${index}@ejemplo.invalid` : undefined,
    address: `${chance.pick(streets)} ${chance.between(100, 3999)}`,
    locality: chance.weighted(localities.map((item, place) => ({ item, weight: 10 - place * 0.8 }))),
    phone: `+54342000${String(index).padStart(4, '0')}`,
  }
}

/** Lower case without accents. */
export const plain = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()

/** With its check digit (modulo 11); undefined for the few numbers whose digit would be 10. */
function cuitOf(dni: string): string | undefined {
  const digits = `20${dni}`
  const weights = [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]
  const rest = weights.reduce((sum, weight, place) => sum + weight * Number(digits[place]), 0) % 11
  const check = rest === 0 ? 0 : 11 - rest
  return check === 10 ? undefined : `${digits}${check}`
}
