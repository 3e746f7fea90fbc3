"""Many files as jobs of the gateway: ordered, followed, kept, and packed for taking along."""
