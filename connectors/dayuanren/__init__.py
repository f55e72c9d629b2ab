"""大猿人 Dayuanren: phone credit, electricity and the like, by signed forms."""
