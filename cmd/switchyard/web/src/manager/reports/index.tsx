// The reports, in a chunk of their own.

export { ConsultationsPage, LedgerPage } from './consultations';
export { DashboardPage } from './dashboard';
export { JourneyPage } from './journey';
export { SQIPage, VolumesPage } from './sqi';
