"""Pictures, panels, and pages."""
