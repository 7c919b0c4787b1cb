"""What watches the system, asked and never changed: Prometheus and Alertmanager."""
